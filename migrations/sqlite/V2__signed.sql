-- What was signed is known by the UPI-JWS, which commits to every byte of the body; claims of before
-- have their body's hash in the journal. And rows lie in the order in which they came, beside an
-- index of ids: a tree that holds whole rows inside is deep, and new ids fall everywhere into it.
CREATE TABLE orders_2 (
    member          TEXT    NOT NULL,
    order_id        TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('SENDING', 'ANSWERED', 'NOT_SENT', 'OUTCOME_UNKNOWN')),
    attempts        INTEGER NOT NULL,
    owner           TEXT    NOT NULL,
    upi_uuid        TEXT    NOT NULL,
    jws_sha256      TEXT    NOT NULL,
    digest_key      TEXT    NOT NULL,
    digest          TEXT    NOT NULL,
    usage_scenario  TEXT,
    purpose         TEXT,
    agreement       TEXT,
    serial          TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    code            TEXT,
    confidence      INTEGER,
    category        TEXT,
    message         TEXT,
    detail          TEXT,
    answered_at     INTEGER,
    purged          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (member, order_id)
) STRICT;

INSERT INTO orders_2
SELECT member, order_id, state, attempts, owner, upi_uuid, '', digest_key, digest, usage_scenario, purpose,
    agreement, serial, created_at, updated_at, code, confidence, category, message, detail, answered_at, purged
FROM orders ORDER BY created_at;

DROP TABLE orders;
ALTER TABLE orders_2 RENAME TO orders;

CREATE INDEX orders_in_flight ON orders (updated_at) WHERE state = 'SENDING';
