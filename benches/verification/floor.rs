//! The work that no implementation can leave out, done by the fastest library at hand.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::sha256;
use openssl::sign::{Signer, Verifier};
use openssl::symm::{Cipher, encrypt};

use crate::photo::Photo;

const ROUNDS: usize = 40;

/// The six primitives: base64 of the photo, RSA encryption of a key with AES of the
/// customer's data, base64url of the body, its SHA-256 and RSA signature, and the
/// verification of an answer's signature.
pub struct Floor {
    photo: Vec<u8>,
    rsa: Rsa<Private>,
    key: PKey<Private>,
    answer: Vec<u8>,
    signature: Vec<u8>,
}

impl Floor {
    pub fn prepare(photo: &Photo) -> Self {
        let rsa = Rsa::generate(2048).unwrap();
        let key = PKey::from_rsa(rsa.clone()).unwrap();
        let answer = vec![b'a'; 300];
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(&answer).unwrap();
        Self {
            photo: photo.0.to_vec(),
            rsa,
            key,
            answer,
            signature,
        }
    }

    /// On one thread.
    pub fn measure(&self) -> Duration {
        median_of_rounds(|| self.round())
    }

    fn round(&self) {
        black_box(self.seal(&self.photo));
        self.open();
    }

    /// A body with a photo, signed.
    pub fn seal(&self, photo: &[u8]) -> Vec<u8> {
        let mut body = STANDARD.encode_to_string(photo).into_bytes();
        body.resize(body.len() + 1200, b'a');
        black_box(self.encrypt());
        let input = URL_SAFE_NO_PAD.encode_to_string(&body);
        black_box(self.sign(input.as_bytes()));
        body
    }

    /// Verifies an answer.
    pub fn open(&self) {
        let mut verifier = Verifier::new(MessageDigest::sha256(), &self.key).unwrap();
        assert!(
            verifier
                .verify_oneshot(&self.signature, &self.answer)
                .unwrap()
        );
    }

    fn encrypt(&self) -> Vec<u8> {
        let mut encrypted = vec![0; 256];
        self.rsa
            .public_encrypt(&[7; 32], &mut encrypted, Padding::PKCS1)
            .unwrap();
        let sealed = encrypt(Cipher::aes_128_cbc(), &[7; 16], Some(&[7; 16]), &[7; 100]);
        encrypted.extend(sha256(&sealed.unwrap()));
        encrypted
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        signer.sign_oneshot_to_vec(input).unwrap()
    }
}

pub fn median_of_rounds(round: impl Fn()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        round();
        start.elapsed()
    };
    let mut rounds: Vec<_> = (0..ROUNDS).map(timed).collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}
