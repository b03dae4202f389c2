//! The generated contract, fenced in: nothing but this module sees generated code.
//!
//! Messages that carry personal data have no derived Debug; theirs names the type and
//! prints nothing of the content.

use std::fmt;

#[allow(missing_docs, clippy::all, clippy::pedantic)]
mod generated {
    tonic::include_proto!("idphoto.v1");
}

pub use generated::*;

/// The serialised `FileDescriptorSet` of the contract, for reflection.
pub const DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/idphoto_descriptor.bin"));

impl fmt::Debug for VerifyIdPhotoRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyIdPhotoRequest")
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("category", &self.category)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
