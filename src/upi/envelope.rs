//! A request sealed, an answer opened: message, encryption and signature together.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderName, HeaderValue};
use time::OffsetDateTime;
use uuid::Builder;

use super::code::CodeTable;
use super::jwe::{JweError, Sealer};
use super::jws::{self, Claims, Expected, JwsError, Signer, Verifier};
use super::message::request::RequestForm;
use super::message::response::{self, MalformedAnswer};
use crate::domain::{Answer, Outcome, Verification};
use crate::verify::port::{Clock, Sealed};

/// The header with the detached signature of the body, in both directions.
pub const UPI_JWS: HeaderName = HeaderName::from_static("upi-jws");

/// The registered content codings (RFC 9110, section 8.4).
const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "compress"];

/// Everything that turns a request into a signed body, and a signed body into an answer.
pub struct Envelope {
    /// UPI-APPID.
    pub app_id: String,
    /// UPI-REQPATH.
    pub request_path: String,
    /// The skew allowed between UPI's clock and ours.
    pub clock_window: Duration,
    /// What is the same in all requests.
    pub form: RequestForm,
    /// What the response codes mean.
    pub codes: CodeTable,
    /// Sign with our keys.
    pub signers: Signers,
    /// Encrypts to UPI.
    pub sealer: Sealer,
    /// Verifies by UPI's keys.
    pub verifier: Verifier,
    /// For UPI-TIMESTAMP, in both directions.
    pub clock: Arc<dyn Clock>,
}

/// Our key, and the one that takes its place.
pub struct Signers {
    /// The one until then.
    pub current: Signer,
    /// The one from this moment on.
    pub next: Option<(OffsetDateTime, Signer)>,
}

impl Signers {
    fn at(&self, now: OffsetDateTime) -> &Signer {
        match &self.next {
            Some((from, next)) if now >= *from => next,
            _ => &self.current,
        }
    }
}

impl Envelope {
    /// Writes, encrypts and signs a request, under a new UPI-UUID.
    ///
    /// # Errors
    /// The random generator, the cryptography or the token with our key failed; a checked request
    /// is never at fault.
    pub async fn seal(&self, request: &Verification) -> Result<Sealed, SealError> {
        let plaintext = self.form.plaintext(request);
        let enc_data = self.sealer.seal(&plaintext)?;
        drop(plaintext);
        let body = self.form.body(request, &enc_data);
        let upi_uuid = upi_uuid()?;
        // The request says when it was signed, and the key is that of the same moment.
        let now = self.clock.now();
        let claims = Claims {
            upi_uuid: &upi_uuid,
            timestamp: now.unix_timestamp(),
            app_id: &self.app_id,
            request_path: Some(&self.request_path),
        };
        let signer = self.signers.at(now);
        let signature = signer.sign_beside(&claims, &body).await?;
        Ok(Sealed {
            // Not of the body, which would cost a second pass over it: this commits to it, too.
            jws_sha256: jws::sha256(&signature),
            signature,
            body,
            upi_uuid,
        })
    }

    /// Verifies the signature over exactly these bytes, and only then reads them.
    ///
    /// `upi_uuid` is that of the request. UPI's answers carry one of their own, which is
    /// not compared: no source says that it repeats the request's.
    ///
    /// # Errors
    /// The rule that the reply breaks; it is no answer then.
    pub fn open(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        upi_uuid: String,
    ) -> Result<Answer, OpenError> {
        let answered_at = self.clock.now();
        let expected = self.expected(answered_at);
        let outcome = self.outcome(headers, body, &expected);
        Ok(Answer {
            outcome: outcome.map_err(|error| blamed(headers, error))?,
            upi_uuid,
            answered_at,
        })
    }

    fn outcome(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        expected: &Expected<'_>,
    ) -> Result<Outcome, OpenError> {
        self.verifier.verify(signature(headers)?, body, expected)?;
        Ok(response::parse(body, &self.codes)?)
    }

    fn expected(&self, now: OffsetDateTime) -> Expected<'_> {
        Expected {
            app_id: &self.app_id,
            request_path: &self.request_path,
            require_request_path: false,
            now: now.unix_timestamp(),
            window: self.clock_window,
        }
    }
}

/// Why a request cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No random bytes for the UPI-UUID.
    #[error("the operating system gave no random bytes")]
    Random(#[from] getrandom::Error),
    /// No `encData`.
    #[error("name and number could not be encrypted")]
    Encryption(#[from] JweError),
    /// No `UPI-JWS`.
    #[error("the body could not be signed")]
    Signature(#[from] JwsError),
}

/// Why a reply with status 200 is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No `UPI-JWS`.
    #[error("the reply is not signed")]
    Unsigned,
    /// Two `UPI-JWS`, between which nobody should choose.
    #[error("the reply has more than one signature")]
    SignedTwice,
    /// A `UPI-JWS` that is no visible ASCII.
    #[error("the signature is not text")]
    NotText,
    /// A signature that breaks a rule.
    #[error("the signature is not valid")]
    Signature(#[from] JwsError),
    /// A signed body that says nothing.
    #[error("the signed body is no answer")]
    Malformed(#[from] MalformedAnswer),
    /// A body in a coding that was not asked for: its bytes are not those that UPI signed.
    #[error(
        "the body has the content coding {0}, although identity was asked for: look at proxies on the way"
    )]
    Coded(&'static str),
}

/// Version 4, 32 lower-case hexadecimal digits.
fn upi_uuid() -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let uuid = Builder::from_random_bytes(random).into_uuid();
    Ok(uuid.simple().to_string())
}

fn signature(headers: &HeaderMap) -> Result<&str, OpenError> {
    let mut values = headers.get_all(UPI_JWS).iter();
    let value: &HeaderValue = values.next().ok_or(OpenError::Unsigned)?;
    match values.next() {
        Some(_) => Err(OpenError::SignedTwice),
        None => value.to_str().map_err(|_| OpenError::NotText),
    }
}

/// The coding, when there is one to blame for a body that nobody can read; an error about the
/// signature would send people to their keys.
fn blamed(headers: &HeaderMap, error: OpenError) -> OpenError {
    match (&error, coding(headers)) {
        (OpenError::Signature(_) | OpenError::Malformed(_), Some(name)) => OpenError::Coded(name),
        _ => error,
    }
}

/// The first coding other than `identity`. Text of the peer's is not repeated.
fn coding(headers: &HeaderMap) -> Option<&'static str> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let mut names = values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let name = names.find(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))?;
    let known = |coding: &&&str| name.eq_ignore_ascii_case(coding.as_bytes());
    Some(
        CODINGS
            .iter()
            .find(known)
            .copied()
            .unwrap_or("of another name"),
    )
}
