//! The statements of claims. Each changes the order, counts it to its caller's day and month, and
//! writes its entry of the journal, or does nothing of that.
//!
//! Where a caller has a budget, `room` comes first: it locks the rows of its day and its month, and
//! has those alone in which something is left when it is this statement's turn. So claims of one
//! such caller go one after the other, each until it is on disk; those of others wait for nothing.
//! Rows of budgets are locked before the order's, by every statement, and in the order of their
//! periods: nobody waits in a ring.

/// What a claim is sent with: `$15` is the caller; then, of one with a budget, day, month and their
/// bounds; the UPI-UUID of the last attempt comes last, where there is one.
macro_rules! claim {
    (first, $room:literal, $charged:literal, $left:literal, $spent:literal) => {
        concat!(
            "WITH ",
            $room,
            "claimed AS (
                INSERT INTO orders (member, order_id, state, attempts, owner, upi_uuid, jws_sha256,
                    digest_key, digest, usage_scenario, purpose, agreement, serial, created_at,
                    updated_at, caller, charged)
                SELECT $1, $2, 'SENDING', 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $15, ",
            $charged,
            " WHERE NOT EXISTS (SELECT 1 FROM stops WHERE member = $1 AND caller = $15)",
            $left,
            " ON CONFLICT (member, order_id) DO NOTHING
                RETURNING 1)",
            $spent,
            " INSERT INTO journal (at, member, order_id, event, entry)
            SELECT $12, $1, $2, $13, $14 FROM claimed RETURNING 1"
        )
    };
    // With the same digest, so of the same caller.
    (again, $last:literal, $room:literal, $charged:literal, $left:literal, $spent:literal) => {
        concat!(
            "WITH ",
            $room,
            "claimed AS (
                UPDATE orders SET state = 'SENDING', attempts = attempts + 1, owner = $3,
                    upi_uuid = $4, jws_sha256 = $5, usage_scenario = $8, purpose = $9,
                    agreement = $10, serial = $11, updated_at = $12, purged = FALSE, charged = ",
            $charged,
            " WHERE member = $1 AND order_id = $2 AND state = 'NOT_SENT' AND digest_key = $6
                AND digest = $7 AND upi_uuid = ",
            $last,
            " AND NOT EXISTS (SELECT 1 FROM stops WHERE member = $1 AND caller = $15)",
            $left,
            " RETURNING 1)",
            $spent,
            " INSERT INTO journal (at, member, order_id, event, entry)
            SELECT $12, $1, $2, $13, $14 FROM claimed RETURNING 1"
        )
    };
}

macro_rules! within_budget {
    ($($kind:tt)*) => {
        claim!(
            $($kind)*,
            "room AS (
                SELECT period FROM budgets
                WHERE member = $1 AND caller = $15 AND period IN ($16, $17)
                    AND (used < CASE period WHEN $16 THEN $18 ELSE $19 END + extra) IS NOT FALSE
                ORDER BY period FOR UPDATE), ",
            "$16",
            " AND (SELECT count(*) FROM room) = 2",
            ", spent AS (
                UPDATE budgets SET used = used + 1 FROM claimed
                WHERE member = $1 AND caller = $15 AND period IN ($16, $17))"
        )
    };
}

pub const CLAIM: &str = claim!(first, "", "NULL", "", "");
pub const CLAIM_AGAIN: &str = claim!(again, "$16", "", "NULL", "", "");
pub const CLAIM_WITHIN: &str = within_budget!(first);
pub const CLAIM_AGAIN_WITHIN: &str = within_budget!(again, "$20");
