//! UPI as a gateway meets it: it answers, refuses, is out of reach, loses answers, is late, and
//! the code that calls it panics.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::time::sleep;

use super::executor::Pid;
use super::world::{Learned, Sealed, UPI_LIMIT, World, number};
use crate::domain::{Answer, Category, Confidence, Outcome, Rejection, ResponseCode, Verification};
use crate::verify::doubles::cause;
use crate::verify::port::{self, BoxFuture, CallError, Cause, Gateway, SealError};

/// The way of one process to UPI.
pub struct SimUpi {
    pub world: Arc<World>,
    pub process: Pid,
    pub connections: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Answered,
    Refused,
    /// No connection.
    Unreachable,
    /// It left in part, which is a proof as well.
    CutOff,
    Lost,
    PanicsBefore,
    PanicsAfter,
}

impl SimUpi {
    fn course(&self) -> (Course, [std::time::Duration; 2]) {
        use Course::{CutOff, Lost, Refused, Unreachable};
        let mut facts = self.world.facts();
        let (fails, panics) = (facts.weather.upi_fails, facts.weather.panics);
        let rng = &mut facts.rng;
        let course = match () {
            () if rng.chance(panics) => rng.pick(&[Course::PanicsBefore, Course::PanicsAfter]),
            () if rng.chance(fails) => rng.pick(&[Lost, Refused, Unreachable, CutOff]),
            () => Course::Answered,
        };
        let most = u64::try_from(UPI_LIMIT.as_millis()).unwrap() - 50;
        let most = rng.pick(&[3, 100, most]);
        (course, [rng.millis(0, 50), rng.millis(0, most)])
    }

    fn answer(&self, uuid: &str) -> Answer {
        let mut facts = self.world.facts();
        let rejection = Rejection {
            category: Category::NotConfirmed,
            code: ResponseCode::parse("70").unwrap(),
            message: "not confirmed".to_owned(),
            detail: String::new(),
        };
        let points = u8::try_from(facts.rng.below(101)).unwrap();
        Answer {
            outcome: match Confidence::new(points).filter(|_| points % 8 != 0) {
                Some(confidence) => Outcome::Comparison(confidence),
                None => Outcome::Rejection(rejection),
            },
            upi_uuid: uuid.to_owned(),
            answered_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    async fn call(&self, uuid: String) -> Result<Answer, CallError> {
        let (course, [connecting, answering]) = self.course();
        if course == Course::PanicsBefore {
            resume_unwind(Box::new("before a byte left"));
        }
        sleep(connecting).await;
        let (learned, ended) = match course {
            Course::Unreachable => (Learned::NotProcessed, Err(CallError::NoConnection(cause()))),
            Course::CutOff => (Learned::NotProcessed, Err(CallError::NotSent(cause()))),
            Course::Refused => (Learned::NotProcessed, Err(CallError::Refused(cause()))),
            Course::Answered => {
                let answer = self.answer(&uuid);
                (Learned::Answered(answer.clone()), Ok(answer))
            }
            _ => (Learned::Unknown, Err(CallError::Unknown(cause()))),
        };
        if course != Course::Unreachable {
            self.connections.fetch_add(1, Ordering::Relaxed);
            self.world.facts().depart(self.process, &uuid);
            let unheard = Unheard {
                upi: self,
                uuid: &uuid,
            };
            sleep(answering).await;
            std::mem::forget(unheard);
        }
        self.world.facts().learn(self.process, &uuid, learned);
        if course == Course::PanicsAfter {
            resume_unwind(Box::new("after the request left"));
        }
        ended
    }
}

/// A request whose end its gateway does not learn, unless it is forgotten.
struct Unheard<'a> {
    upi: &'a SimUpi,
    uuid: &'a str,
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        let mut facts = self.upi.world.facts();
        facts.learn(self.upi.process, self.uuid, Learned::Unknown);
    }
}

impl Gateway for SimUpi {
    fn seal<'a>(
        &'a self,
        request: &'a Verification,
    ) -> BoxFuture<'a, Result<port::Sealed, SealError>> {
        Box::pin(async {
            let mut facts = self.world.facts();
            let panics = facts.weather.panics;
            if facts.rng.chance(panics) {
                return Err(SealError::Fault(cause()));
            }
            if facts.rng.chance(panics) {
                resume_unwind(Box::new("while it seals"));
            }
            let uuid = format!("{:032x}", facts.sealed.len() + 1);
            let sealed = Sealed {
                order: number(&request.order_id),
                content: usize::from(request.consent.texts()[1] == "something else"),
            };
            facts.sealed.insert(uuid.clone(), sealed);
            Ok(port::Sealed {
                body: Bytes::new(),
                signature: String::new(),
                upi_uuid: uuid,
                jws_sha256: [0; 32],
            })
        })
    }

    fn send(&self, sealed: port::Sealed) -> BoxFuture<'_, Result<Answer, CallError>> {
        Box::pin(self.call(sealed.upi_uuid))
    }

    fn look(&self) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(async {
            let (fails, takes) = {
                let mut facts = self.world.facts();
                let fails = facts.weather.upi_fails;
                (facts.rng.chance(fails), facts.rng.millis(0, 50))
            };
            sleep(takes).await;
            if fails { Err(cause()) } else { Ok(()) }
        })
    }

    fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}
