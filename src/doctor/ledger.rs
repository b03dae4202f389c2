//! The ledger: whether a gateway could record orders there, and whether they would last.

use std::sync::Arc;

use super::finding::{Finding, Verdict};
use crate::app;
use crate::config::Survey;
use crate::ledger::examine::{Grade, Remark, examine as look};
use crate::verify::port::{Clock, SystemClock};

const CHECK: &str = "ledger";

/// Looks at the engine that is configured; at PostgreSQL only if that may be `reached`. Nothing is
/// written.
pub async fn examine(survey: &Survey, reached: bool) -> Vec<Finding> {
    // What is wrong with its keys the judge has told.
    let Ok(remembering) = app::remember(survey) else {
        return Vec::new();
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (settings, keyed) = (&remembering.settings, remembering.keyed);
    let remarks = look(settings, &clock, (reached, keyed)).await;
    remarks.into_iter().map(finding).collect()
}

fn finding(remark: Remark) -> Finding {
    Finding {
        check: CHECK,
        key: remark.key.to_owned(),
        verdict: match remark.grade {
            Grade::Good => Verdict::Ok,
            Grade::Doubtful => Verdict::Warning,
            Grade::Wrong => Verdict::Wrong,
            Grade::Unreachable => Verdict::Unreachable,
        },
        text: remark.text,
        advice: remark.advice,
    }
}
