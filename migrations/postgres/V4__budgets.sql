-- The day to which an order is counted, of a caller that has a budget; nothing once that was given back.
ALTER TABLE orders ADD COLUMN charged TEXT;

-- How many orders are counted to each day (2027-01-15) and month (2027-01) of a caller, and by how many
-- an operator has raised its budget in it.
CREATE TABLE budgets (
    member TEXT   COLLATE "C" NOT NULL,
    caller TEXT   COLLATE "C" NOT NULL,
    period TEXT   COLLATE "C" NOT NULL,
    used   BIGINT NOT NULL DEFAULT 0,
    extra  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (member, caller, period)
);

-- Callers for whom nothing is sent until an operator lets them go on.
CREATE TABLE stops (
    member     TEXT   COLLATE "C" NOT NULL,
    caller     TEXT   COLLATE "C" NOT NULL,
    stopped_at BIGINT NOT NULL,
    PRIMARY KEY (member, caller)
);
