-- What was signed is known by the UPI-JWS, which commits to every byte of the body. Claims of before
-- have their body's hash in the journal.
ALTER TABLE orders DROP COLUMN body_sha256;
ALTER TABLE orders ADD COLUMN jws_sha256 TEXT NOT NULL DEFAULT '';
