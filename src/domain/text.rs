//! Text alphabets of the field table.
