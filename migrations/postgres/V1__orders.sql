-- What is: one row for each order id, for ever.
-- Times are microseconds since 1970-01-01T00:00:00Z, digests and keys hex.
-- The key compares bytes: an index by the rules of a language breaks when a system's library
-- changes them, and with it what keeps an order from being claimed twice.
CREATE TABLE orders (
    member          TEXT    COLLATE "C" NOT NULL,
    order_id        TEXT    COLLATE "C" NOT NULL,
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
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    code            TEXT,
    confidence      INTEGER,
    category        TEXT,
    message         TEXT,
    detail          TEXT,
    answered_at     BIGINT,
    purged          BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (member, order_id)
);

CREATE INDEX orders_in_flight ON orders (updated_at) WHERE state = 'SENDING';

-- What happened: one row for each claim and each end, in the transaction of the change.
CREATE TABLE journal (
    number   BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       BIGINT  NOT NULL,
    member   TEXT    COLLATE "C" NOT NULL,
    order_id TEXT    COLLATE "C" NOT NULL,
    event    TEXT    NOT NULL,
    entry    TEXT    NOT NULL
);

CREATE INDEX journal_of_order ON journal (member, order_id, number);
CREATE INDEX journal_by_time ON journal (at);

-- Signs of life of gateways.
CREATE TABLE gateways (
    owner   TEXT    NOT NULL PRIMARY KEY,
    seen_at BIGINT  NOT NULL,
    version TEXT    NOT NULL
);
