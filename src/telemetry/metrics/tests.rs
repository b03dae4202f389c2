//! The table, the instruments and the documents agree.

