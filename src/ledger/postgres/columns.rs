//! Rows of `orders`, from and to PostgreSQL.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::ledger::{AnswerRow, Damaged, OrderRow};

/// The columns of an [`OrderRow`] in its order. Distributed engines have one width of integers.
pub const COLUMNS: &str = "order_id, state, attempts::bigint, owner, upi_uuid, jws_sha256, \
    digest_key, digest, usage_scenario, purpose, agreement, serial, created_at, updated_at, \
    code, confidence::bigint, category, message, detail, answered_at, purged, caller, charged";

/// A row that begins with [`COLUMNS`].
///
/// # Errors
/// The schema is another one.
pub fn order(row: &Row) -> Result<OrderRow, Damaged> {
    Ok(OrderRow {
        order_id: get(row, 0, "order_id")?,
        state: get(row, 1, "state")?,
        attempts: get(row, 2, "attempts")?,
        owner: get(row, 3, "owner")?,
        upi_uuid: get(row, 4, "upi_uuid")?,
        jws_sha256: get(row, 5, "jws_sha256")?,
        digest_key: get(row, 6, "digest_key")?,
        digest: get(row, 7, "digest")?,
        consent: [
            get(row, 8, "usage_scenario")?,
            get(row, 9, "purpose")?,
            get(row, 10, "agreement")?,
            get(row, 11, "serial")?,
        ],
        created_at: get(row, 12, "created_at")?,
        updated_at: get(row, 13, "updated_at")?,
        answer: AnswerRow {
            code: get(row, 14, "code")?,
            confidence: get(row, 15, "confidence")?,
            category: get(row, 16, "category")?,
            message: get(row, 17, "message")?,
            detail: get(row, 18, "detail")?,
            answered_at: get(row, 19, "answered_at")?,
        },
        purged: get(row, 20, "purged")?,
        caller: get(row, 21, "caller")?,
        charged: get(row, 22, "charged")?,
    })
}

/// A column of a row.
///
/// # Errors
/// It is of another type, or missing.
pub fn get<'a, T: FromSql<'a>>(row: &'a Row, at: usize, name: &'static str) -> Result<T, Damaged> {
    row.try_get(at).map_err(|_| Damaged(name))
}
