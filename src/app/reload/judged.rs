//! A configuration that was read again, and everything made of it that takes time or can fail. It is
//! made beside the calls, and changes nothing yet.

use std::sync::Arc;

use crate::app::prepare::{self, Prepared, Upstream};
use crate::app::seen::Seen;
use crate::config::{Problem, Problems, Sources};
use crate::domain::Member;
use crate::upi::Timeouts;
use crate::upi::gateway::{Settings, UpiGateway};
use crate::upi::transport::Route;

/// UPI's side as it runs, with what a new one keeps of it.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) upi: Arc<UpiGateway>,
    pub(super) timeouts: Timeouts,
    pub(super) member: Member,
}

/// What was read.
pub(super) struct Judged {
    /// What the files held.
    pub(super) seen: Seen,
    /// What is ready to be used.
    pub(super) outcome: Result<Made, Problems>,
}

/// What is ready to be used.
pub(super) struct Made {
    pub(super) prepared: Prepared,
    pub(super) warnings: Vec<Problem>,
    /// `None` in front of a sandbox.
    pub(super) upi: Option<Arc<UpiGateway>>,
}

/// Reads, judges and makes.
pub(super) fn judge(sources: &Sources, side: Option<&Side>) -> Judged {
    let preparation = prepare::read(sources);
    let warnings = preparation.warnings;
    let made = preparation.outcome.and_then(|prepared| {
        let upi = side.map_or(Ok(None), |side| side.renewed(&prepared))?;
        Ok(Made {
            prepared,
            warnings,
            upi,
        })
    });
    Judged {
        seen: preparation.seen,
        outcome: made,
    }
}

impl Side {
    fn renewed(&self, prepared: &Prepared) -> Result<Option<Arc<UpiGateway>>, Problems> {
        let Upstream::Upi { route, keys } = &prepared.upstream else {
            return Ok(None);
        };
        let route = Route {
            timeouts: self.timeouts,
            ..(**route).clone()
        };
        let settings = Settings {
            member: self.member.clone(),
            ..prepared.gateway(route)
        };
        let renewed = self.upi.renewed(settings, keys);
        let renewed = renewed.map_err(|error| Problems::one("upi", error.to_string()))?;
        Ok(Some(Arc::new(renewed)))
    }
}
