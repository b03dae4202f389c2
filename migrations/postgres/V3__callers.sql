-- Who asked; nobody that has a name in the rows of before, and where there are no rules.
ALTER TABLE orders ADD COLUMN caller TEXT;
