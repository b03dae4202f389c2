//! Makes keys and tokens, on openssl alone.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{self, RsaPssSaltlen};
use serde_json::{Value, json};

use super::super::form::BASE64URL;

/// A key with its kid.
pub struct Signer {
    pub kid: String,
    pub key: PKey<Private>,
}

impl Signer {
    fn new(kid: &str, key: PKey<Private>) -> Self {
        let kid = kid.to_owned();
        Self { kid, key }
    }

    pub fn rsa(kid: &str, bits: u32) -> Self {
        let key = Rsa::generate(bits).unwrap();
        Self::new(kid, PKey::from_rsa(key).unwrap())
    }

    pub fn ec(kid: &str, curve: Nid) -> Self {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = EcKey::generate(&group).unwrap();
        Self::new(kid, PKey::from_ec_key(key).unwrap())
    }

    pub fn p256(kid: &str) -> Self {
        Self::ec(kid, Nid::X9_62_PRIME256V1)
    }

    pub fn ed25519(kid: &str) -> Self {
        Self::new(kid, PKey::generate_ed25519().unwrap())
    }

    /// The public half, as an issuer shows it.
    pub fn jwk(&self) -> Value {
        let kid = &self.kid;
        match self.key.id() {
            Id::RSA => {
                let key = self.key.rsa().unwrap();
                let (n, e) = (number(key.n(), 0), number(key.e(), 0));
                json!({ "kty": "RSA", "kid": kid, "use": "sig", "n": n, "e": e })
            }
            Id::EC => {
                let key = self.key.ec_key().unwrap();
                let (crv, width) = match key.group().curve_name() {
                    Some(Nid::SECP384R1) => ("P-384", 48),
                    _ => ("P-256", 32),
                };
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                let mut context = BigNumContext::new().unwrap();
                let point = key.public_key();
                point
                    .affine_coordinates(key.group(), &mut x, &mut y, &mut context)
                    .unwrap();
                let (x, y) = (number(&x, width), number(&y, width));
                json!({ "kty": "EC", "kid": kid, "crv": crv, "x": x, "y": y })
            }
            _ => {
                let x = base64(&self.key.raw_public_key().unwrap());
                json!({ "kty": "OKP", "kid": kid, "crv": "Ed25519", "x": x })
            }
        }
    }

    /// A token with these claims.
    pub fn token(&self, alg: &str, claims: &Value) -> String {
        let header = json!({ "alg": alg, "kid": self.kid, "typ": "JWT" });
        self.signed(alg, &header, claims)
    }

    /// The same with any header.
    pub fn signed(&self, alg: &str, header: &Value, claims: &Value) -> String {
        self.sealed(alg, &header.to_string(), &claims.to_string())
    }

    /// The same with any texts.
    pub fn sealed(&self, alg: &str, header: &str, claims: &str) -> String {
        let text = format!(
            "{}.{}",
            base64(header.as_bytes()),
            base64(claims.as_bytes())
        );
        let signature = self.sign(alg, text.as_bytes());
        format!("{text}.{}", base64(&signature))
    }

    fn sign(&self, alg: &str, text: &[u8]) -> Vec<u8> {
        if alg == "EdDSA" {
            let mut signer = sign::Signer::new_without_digest(&self.key).unwrap();
            return signer.sign_oneshot_to_vec(text).unwrap();
        }
        let mut signer = sign::Signer::new(MessageDigest::sha256(), &self.key).unwrap();
        if alg == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer
                .set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
                .unwrap();
        }
        signer.update(text).unwrap();
        let signature = signer.sign_to_vec().unwrap();
        match alg {
            "ES256" => {
                let pair = EcdsaSig::from_der(&signature).unwrap();
                let half = |number: &openssl::bn::BigNumRef| number.to_vec_padded(32).unwrap();
                [half(pair.r()), half(pair.s())].concat()
            }
            _ => signature,
        }
    }
}

/// A token "signed" with a secret.
pub fn hmac(kid: &str, secret: &[u8], claims: &Value) -> String {
    let header = json!({ "alg": "HS256", "kid": kid }).to_string();
    let text = format!(
        "{}.{}",
        base64(header.as_bytes()),
        base64(claims.to_string().as_bytes())
    );
    let key = PKey::hmac(secret).unwrap();
    let mut signer = sign::Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(text.as_bytes()).unwrap();
    format!("{text}.{}", base64(&signer.sign_to_vec().unwrap()))
}

/// A token that nobody signed.
pub fn unsigned(kid: &str, claims: &Value) -> String {
    let header = json!({ "alg": "none", "kid": kid }).to_string();
    let parts = [header, claims.to_string()].map(|part| base64(part.as_bytes()));
    format!("{}.", parts.join("."))
}

/// The key set of an issuer.
pub fn set(signers: &[&Signer]) -> Vec<u8> {
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    json!({ "keys": keys }).to_string().into_bytes()
}

pub fn base64(bytes: &[u8]) -> String {
    BASE64URL.encode_to_string(bytes)
}

fn number(number: &openssl::bn::BigNumRef, width: i32) -> String {
    base64(&number.to_vec_padded(width.max(number.num_bytes())).unwrap())
}
