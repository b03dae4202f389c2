-- What was signed is known by the UPI-JWS, which commits to every byte of the body. The column of the
-- body's hash stays for gateways of version 1, which go on while the others are brought up to date.
ALTER TABLE orders ALTER COLUMN body_sha256 DROP NOT NULL;
ALTER TABLE orders ADD COLUMN jws_sha256 TEXT NOT NULL DEFAULT '';
