//! What is known of one call while it is handled: shared by the boundary, which writes the
//! log line, and the method, which learns the facts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;
use tokio::time::Instant;
use tonic::Status;
use tracing::Span;

use super::backlog::Entry;
use super::status::Failure;
use crate::domain::{Method, OrderId};
use crate::verify::Ticket;
use crate::verify::error::Dispatch;
use crate::verify::port::{Admitted, Asker, Place};

/// The path of the method that is paid for.
pub(super) const VERIFY: &str = "/idphoto.v1.IdPhotoService/VerifyIdPhoto";

/// The path of the method that reads.
pub(super) const GET: &str = "/idphoto.v1.IdPhotoService/GetVerification";

/// The method's name for span, log and metrics; a name made up by the caller goes into none.
pub(super) fn known_method(path: &str) -> &'static str {
    match path {
        VERIFY => "idphoto.v1.IdPhotoService/VerifyIdPhoto",
        GET => "idphoto.v1.IdPhotoService/GetVerification",
        _ => "_OTHER",
    }
}

/// The method, for the rules.
pub(super) fn method(path: &str) -> Option<Method> {
    match path {
        VERIFY => Some(Method::VerifyIdPhoto),
        GET => Some(Method::GetVerification),
        _ => None,
    }
}

/// One call. Clones share the facts.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    /// When the answer must leave; `None` when the caller waits for ever.
    pub(super) deadline: Option<Instant>,
    facts: Arc<Mutex<Facts>>,
    held: Arc<Mutex<Held>>,
}

/// What a call holds until the use case takes it.
#[derive(Debug, Default)]
struct Held {
    entry: Option<Entry>,
    place: Option<Place>,
}

/// What the log line tells. Nothing of it is personal data.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Known once the call is admitted.
    pub(super) asker: Asker,
    /// Only when it passed the check: anything else may be somebody's number.
    pub(super) order_id: Option<OrderId>,
    /// The use case was asked, so UPI may be.
    pub(super) departed: bool,
    pub(super) replayed: Option<bool>,
    /// The caller was gone before its request had arrived.
    pub(super) lost: bool,
    pub(super) failure: Option<Failure>,
}

impl Facts {
    /// What is certain about the order when the handling stops here.
    pub(super) const fn dispatch(&self, if_departed: Dispatch) -> Dispatch {
        if self.departed {
            if_departed
        } else {
            Dispatch::NotSent
        }
    }
}

impl Call {
    pub(super) fn new(deadline: Option<Instant>, entry: Option<Entry>) -> Self {
        Self {
            deadline,
            facts: Arc::default(),
            held: Arc::new(Mutex::new(Held { entry, place: None })),
        }
    }

    /// The call that the boundary put into the request.
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Takes note of the order id, if it is one.
    pub(super) fn identify(&self, text: &str) {
        if let Ok(order_id) = OrderId::parse(text) {
            Span::current().record("order_id", order_id.as_str());
            self.facts().order_id = Some(order_id);
        }
    }

    /// Takes note of who asks, and holds on to what the call takes of that one's limits.
    pub(super) fn admit(&self, admitted: Admitted) {
        self.ask(admitted.asker);
        self.held().place = admitted.place;
    }

    /// Takes note of who asks.
    pub(super) fn ask(&self, asker: Asker) {
        self.facts().asker = asker;
    }

    /// From here on UPI may have been asked. What the call holds goes with it.
    pub(super) fn depart(&self) -> Ticket {
        let budget = {
            let mut facts = self.facts();
            facts.departed = true;
            facts.asker.rights().map(|rights| rights.budget)
        };
        let Held { entry, place } = std::mem::take(&mut *self.held());
        let ticket = entry.map(Entry::into_ticket).unwrap_or_default();
        ticket.with(place).within(budget.unwrap_or_default())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of how the call failed, and says it for the wire.
    pub(super) fn fail(&self, failure: impl Into<Failure>) -> Status {
        let failure = failure.into();
        let mut facts = self.facts();
        let status = failure.status(facts.order_id.as_ref());
        facts.failure = Some(failure);
        status
    }

    pub(super) fn panic(&self) -> Status {
        let dispatch = self.facts().dispatch(Dispatch::Unknown);
        self.fail(Failure::panicked(dispatch))
    }

    pub(super) fn facts(&self) -> MutexGuard<'_, Facts> {
        // Every critical section leaves the facts whole, so a panic elsewhere does no harm.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
