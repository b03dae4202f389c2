//! Generates the contract's Rust code with protox, so that no protoc binary is needed.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use protox::prost::Message as _;

const PROTOS: [&str; 2] = ["idphoto/v1/idphoto.proto", "idphoto/v1/error_reason.proto"];

/// Messages with personal data below them: their Debug is written by hand in `src/pb.rs`.
const REDACTED: [&str; 3] = [
    "idphoto.v1.VerifyIdPhotoRequest",
    "idphoto.v1.Customer",
    "idphoto.v1.Rejection",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    // The ledger embeds whatever files are there.
    println!("cargo:rerun-if-changed=migrations");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let set = PathBuf::from(env::var("OUT_DIR")?).join("idphoto_descriptor.bin");
    fs::write(set, descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .bytes("idphoto.v1.VerifyIdPhotoRequest.photo")
        .skip_debug(REDACTED)
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}
