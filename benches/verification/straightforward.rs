//! The same cryptography without care, for comparison: whole strings, the compact serialisations
//! of josekit, a body by way of `serde_json`, scalar base64.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use josekit::jwe::{JweHeader, alg::rsaes::RsaesJweEncrypter};
use josekit::jws::alg::rsassa::{RsassaJwsSigner, RsassaJwsVerifier};
use josekit::jws::{JwsHeader, RS256};
use josekit::{jwe, jws};
use openssl::base64::encode_block;
use openssl::rsa::Rsa;

use crate::floor::median_of_rounds;
use crate::photo::Photo;

/// What a customer's data look like, in length.
const CUSTOMER: &[u8] = &[b'a'; 100];

pub struct Straightforward {
    photo: Photo,
    encrypter: RsaesJweEncrypter,
    signer: RsassaJwsSigner,
    verifier: RsassaJwsVerifier,
    answer: String,
}

impl Straightforward {
    #[expect(deprecated, reason = "UPI prescribes RSA1_5")]
    pub fn prepare(photo: &Photo) -> Self {
        let rsa = Rsa::generate(2048).unwrap();
        let public = rsa.public_key_to_pem().unwrap();
        let private = openssl::pkey::PKey::from_rsa(rsa).unwrap();
        let private = private.private_key_to_pem_pkcs8().unwrap();
        let signer = RS256.signer_from_pem(private).unwrap();
        let answer = jws::serialize_compact(&[b'a'; 300], &header(), &signer).unwrap();
        Self {
            photo: photo.clone(),
            encrypter: jwe::RSA1_5.encrypter_from_pem(&public).unwrap(),
            verifier: RS256.verifier_from_pem(public).unwrap(),
            signer,
            answer,
        }
    }

    /// On one thread.
    pub fn measure(&self) -> Duration {
        median_of_rounds(|| self.round())
    }

    fn round(&self) {
        let mut header_of_data = JweHeader::new();
        header_of_data.set_content_encryption("A128CBC-HS256");
        let data = jwe::serialize_compact(CUSTOMER, &header_of_data, &self.encrypter).unwrap();
        let photo = encode_block(&self.photo.0);
        let fields = [("encData", data), ("photo", photo)];
        let body = serde_json::to_string(&BTreeMap::from(fields)).unwrap();
        let signed = jws::serialize_compact(body.as_bytes(), &header(), &self.signer).unwrap();
        black_box(detached(&signed));
        black_box(jws::deserialize_compact(&self.answer, &self.verifier).unwrap());
    }
}

fn header() -> JwsHeader {
    let mut header = JwsHeader::new();
    header.set_key_id("key");
    header
}

fn detached(signed: &str) -> String {
    let (header, rest) = signed.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    format!("{header}..{signature}")
}
