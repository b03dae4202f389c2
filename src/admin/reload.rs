//! `POST /reload`: the configuration and its files are read again.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::answer::{Answer, JSON, is_json, respond, say};

/// Reads the configuration and its files again.
pub type Reload = Arc<dyn Fn() -> BoxFuture<'static, Reloaded> + Send + Sync>;

/// What came of it. The members of the answer, in this order.
#[derive(Debug, Clone, Serialize)]
pub struct Reloaded {
    /// Whether it is in force.
    pub reloaded: bool,
    /// Why it is not.
    pub problems: Vec<Flaw>,
    /// Keys whose new values need a restart.
    pub needs_restart: Vec<&'static str>,
}

/// One thing that is wrong. It never holds a value.
#[derive(Debug, Clone, Serialize)]
pub struct Flaw {
    /// The key's path.
    pub key: String,
    /// What is wrong with it.
    pub text: String,
    /// What to do; empty when the text says it.
    pub advice: &'static str,
}

pub(super) async fn answer(reload: &Reload, headers: &HeaderMap) -> Answer {
    // A web page cannot send this type to another host without asking it first.
    if !is_json(headers) {
        let text = "the content type is application/json, and the body is not looked at";
        return say(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let reloaded = reload().await;
    let status = match reloaded.reloaded {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    match serde_json::to_string(&reloaded) {
        Ok(json) => respond(status, JSON, json + "\n"),
        // Texts can always be written.
        Err(_) => say(StatusCode::INTERNAL_SERVER_ERROR, "no answer can be made"),
    }
}
