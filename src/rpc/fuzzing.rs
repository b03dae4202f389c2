//! The door for `fuzz/` to what is private here. It is built with `--cfg fuzzing` alone.

use std::time::Duration;

use super::{convert, deadline};
use crate::domain::Draft;
use crate::pb;

/// The request as the domain gets it.
#[must_use]
pub fn draft(request: pb::VerifyIdPhotoRequest) -> Draft {
    convert::draft(request)
}

/// The value of a `grpc-timeout` header.
#[must_use]
pub fn timeout(value: &[u8]) -> Option<Duration> {
    deadline::parse(value)
}
