//! What is wrong with a request.

use std::borrow::Cow;

use super::scenario::ScenarioError;

/// Why a request is answered with code 30. The text is its `errorDetail`; it names the
/// member and the rule and never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the body is not a JSON object in UTF-8")]
    NotAnObject,
    #[error("encData: the plaintext is not a JSON object in UTF-8")]
    PlaintextNotAnObject,
    #[error("{0}: given twice")]
    Twice(String),
    #[error("{0}: unknown member")]
    Unknown(String),
    #[error("{0}: mandatory, and absent")]
    Absent(&'static str),
    #[error("{0}: not a JSON string")]
    NotText(&'static str),
    #[error("{member}: {least} to {most} characters")]
    Length {
        member: &'static str,
        least: usize,
        most: usize,
    },
    #[error("{member}: {kind} only")]
    Alphabet {
        member: &'static str,
        kind: &'static str,
    },
    #[error("tradeType: ID0203")]
    TradeType,
    #[error("merchantID, merchantName, mcc: all three or none")]
    PartOfMerchant,
    #[error("encData: {0}")]
    Token(&'static str),
    #[error("photo: {0}")]
    Photo(Cow<'static, str>),
    #[error("scUsageScenarios: {0}")]
    Scenario(#[from] ScenarioError),
}
