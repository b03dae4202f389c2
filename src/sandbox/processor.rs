//! What UPI does with a POST once it is there: signature, then content, then the order id,
//! then the comparison.

use std::sync::Arc;

use super::answer::{Content, Ending, Signatory, unauthorized};
use super::members::{Members, protected_header};
use super::posts::{Arrival, Posts};
use super::refusal::Refusal;
use super::request::{Accepted, Examiner};
use super::scenario::Scenario;
use super::{Fault, Keys, SandboxError, Settings};
use crate::domain::OrderId;
use crate::upi::jws::{Expected, JwsError, Verified, Verifier};
use crate::verify::port::Clock;

/// UPI, without HTTP.
pub(super) struct Processor {
    settings: Settings,
    verifier: Verifier,
    examiner: Examiner,
    signatory: Signatory,
    posts: Posts,
    clock: Arc<dyn Clock>,
}

/// What a well-signed request gets, and how.
type Decision = (Content, Scenario);

impl Processor {
    pub(super) fn new(
        settings: Settings,
        keys: &Keys,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        Ok(Self {
            verifier: Verifier::new(std::slice::from_ref(&keys.participant))?,
            examiner: Examiner::new(
                &keys.encryption,
                settings.photo_placement,
                settings.rules.clone(),
            )?,
            signatory: Signatory::new(&settings, keys, Arc::clone(&clock))?,
            posts: Posts::default(),
            settings,
            clock,
        })
    }

    pub(super) const fn posts(&self) -> &Posts {
        &self.posts
    }

    /// Answers a request that was received completely; it is counted before anything else
    /// becomes of it.
    pub(super) async fn receive(&self, jws: &str, body: &[u8]) -> Ending {
        let members = Members::read(body);
        let verified = self.verify(jws, body);
        let order_id = members.as_ref().and_then(Members::order_id);
        if let Some(order_id) = &order_id {
            let arrival = Arrival {
                signature_good: verified.is_ok(),
                body_bytes: body.len(),
                jwe_header: members
                    .as_ref()
                    .map(Members::jwe_header)
                    .unwrap_or_default(),
                jws_header: protected_header(jws),
            };
            self.posts.count(order_id, arrival);
        }
        let order_id = order_id.as_ref().map_or("", OrderId::as_str);
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => {
                tracing::info!(order_id, %error, "sandbox: signature refused");
                return Ok(unauthorized());
            }
        };
        let (content, scenario) = self.decide(order_id, members);
        let (code, fault) = (content.code(), scenario.fault);
        tracing::info!(
            order_id,
            code,
            fault = fault.map(Fault::name),
            "sandbox: decided"
        );
        self.answer(&verified.upi_uuid, &content, scenario).await
    }

    fn verify(&self, jws: &str, body: &[u8]) -> Result<Verified, JwsError> {
        let expected = Expected {
            app_id: &self.settings.app_id,
            request_path: &self.settings.request_path,
            require_request_path: true,
            now: self.clock.now().unix_timestamp(),
            window: self.settings.clock_window,
        };
        self.verifier.verify(jws, body, &expected)
    }

    fn decide(&self, order_id: &str, members: Option<Members>) -> Decision {
        let examined = members
            .ok_or(Refusal::NotAnObject)
            .and_then(|members| self.examiner.examine(&members))
            .and_then(|accepted| {
                let scenario = Scenario::parse(&accepted.usage_scenario)?;
                Ok((accepted, scenario))
            });
        match examined {
            Ok((accepted, scenario)) => self.process(&accepted, scenario),
            Err(refusal) => {
                // Other refusals name members as the request spelt them; this one is about
                // words that are shown only when they are nobody's.
                if let Refusal::Scenario(error) = &refusal {
                    tracing::warn!(order_id, "sandbox: the usage scenario is refused: {error}");
                }
                (Content::refused(&refusal), Scenario::default())
            }
        }
    }

    /// An order id is used up when its request is processed, whether or not the answer
    /// arrives; with `fault=unauthorized` nothing is processed.
    fn process(&self, accepted: &Accepted, scenario: Scenario) -> Decision {
        let untouched = scenario.fault == Some(Fault::Unauthorized);
        if untouched || self.posts.use_up(&accepted.order_id) {
            (Content::of(&scenario, accepted.score), scenario)
        } else {
            (Content::duplicated(), Scenario::default())
        }
    }

    async fn answer(&self, upi_uuid: &str, content: &Content, scenario: Scenario) -> Ending {
        if let Some(delay) = scenario.delay {
            tokio::time::sleep(delay).await;
        }
        match scenario.fault {
            Some(fault) => self.signatory.faulty(upi_uuid, content, fault).await,
            None => Ok(self.signatory.answer(upi_uuid, content)),
        }
    }
}
