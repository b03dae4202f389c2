-- Whose file it is: "idph".
PRAGMA application_id = 1768190056;

-- What is: one row for each order id, for ever.
-- Times are microseconds since 1970-01-01T00:00:00Z, digests and keys hex.
CREATE TABLE orders (
    member          TEXT    NOT NULL,
    order_id        TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('SENDING', 'ANSWERED', 'NOT_SENT', 'OUTCOME_UNKNOWN')),
    attempts        INTEGER NOT NULL,
    owner           TEXT    NOT NULL,
    upi_uuid        TEXT    NOT NULL,
    body_sha256     TEXT    NOT NULL,
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
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_in_flight ON orders (updated_at) WHERE state = 'SENDING';

-- What happened: one row for each claim and each end, in the transaction of the change.
CREATE TABLE journal (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    member   TEXT    NOT NULL,
    order_id TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    entry    TEXT    NOT NULL
) STRICT;

CREATE INDEX journal_of_order ON journal (member, order_id, number);
-- For retention, which passes what it left behind.
CREATE INDEX journal_by_time ON journal (at) WHERE event <> 'PURGED';

-- Signs of life of gateways.
CREATE TABLE gateways (
    owner   TEXT    NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    version TEXT    NOT NULL
) STRICT;
