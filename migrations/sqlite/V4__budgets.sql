-- The day to which an order is counted, of a caller that has a budget; nothing once that was given back.
ALTER TABLE orders ADD COLUMN charged TEXT;

-- How many orders are counted to each day (2027-01-15) and month (2027-01) of a caller, and by how many
-- an operator has raised its budget in it.
CREATE TABLE budgets (
    member TEXT    NOT NULL,
    caller TEXT    NOT NULL,
    period TEXT    NOT NULL,
    used   INTEGER NOT NULL DEFAULT 0,
    extra  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (member, caller, period)
) STRICT, WITHOUT ROWID;

-- Callers for whom nothing is sent until an operator lets them go on.
CREATE TABLE stops (
    member     TEXT    NOT NULL,
    caller     TEXT    NOT NULL,
    stopped_at INTEGER NOT NULL,
    PRIMARY KEY (member, caller)
) STRICT, WITHOUT ROWID;
