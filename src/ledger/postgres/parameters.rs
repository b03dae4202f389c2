//! Values with their types, which the server is not asked for.

use tokio_postgres::types::{ToSql, Type};

/// One value of a statement.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A text, or none.
pub fn text<'a>(value: &'a (impl ToSql + Sync)) -> Parameter<'a> {
    (value, Type::TEXT)
}

/// A whole number, or none.
pub fn number<'a>(value: &'a (impl ToSql + Sync)) -> Parameter<'a> {
    (value, Type::INT8)
}

/// Texts.
pub fn texts<'a>(values: &'a Vec<String>) -> Parameter<'a> {
    (values, Type::TEXT_ARRAY)
}
