//! `callers`: who may call, and what.

mod setting;

use std::num::NonZeroU32;

use super::key::optional;
use super::reader::section;
use crate::callers::{Limits, Pattern, Rate, Rule};
use crate::domain::{Budget, CallerName, Merchant, MerchantDraft, Method, Reads, Rights, Rules};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerEntry {
    /// What the operator calls it.
    pub name: CallerName,
    /// How it is known.
    pub identities: Vec<Pattern>,
    /// What it may call.
    pub methods: Vec<Method>,
    /// Whose orders it may read.
    pub reads: Reads,
    /// On whose behalf it may ask; anybody's when it is empty.
    pub merchants: Vec<MerchantDraft>,
    /// Verifications under way at once.
    pub max_in_flight: Option<usize>,
    /// Verifications a second.
    pub rate: Option<u32>,
    /// Verifications at once after a rest; `rate` when it is absent.
    pub burst: Option<u32>,
    /// Its weight where callers share `upi.max_rate`: 1 to 100.
    pub priority: NonZeroU32,
    /// Verifications that may be sent in a day.
    pub daily_budget: Option<u64>,
    /// The same in a month.
    pub monthly_budget: Option<u64>,
}

impl CallerEntry {
    /// How many verifications may be sent for it.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        Budget {
            daily: self.daily_budget,
            monthly: self.monthly_budget,
        }
    }

    fn limits(&self) -> Limits {
        let number = |number: u32| NonZeroU32::new(number);
        let rate = self.rate.and_then(number).map(|per_second| Rate {
            per_second,
            burst: self.burst.and_then(number).unwrap_or(per_second),
        });
        Limits {
            max_in_flight: self.max_in_flight,
            rate,
        }
    }
}

section! {
    /// `callers`, which stands before all tables.
    CallersConfig, "", "who may call", "";

    callers: Option<Vec<CallerEntry>> = optional(
        r#"[{ name = "loans", identities = ["spiffe://bank.example/ns/loans/*"], methods = ["VerifyIdPhoto", "GetVerification"], reads = "own" }]"#
    ),
        "Who may call, a table [[callers]] for each; see docs/callers.md. Without any, everybody \
         who reaches the port is the one anonymous caller, who may do everything.";
}

/// The rules, with merchants that are good; or the place of each that is not, and why.
pub fn rules(entries: &[CallerEntry], rules: &Rules) -> Result<Vec<Rule>, Vec<(String, String)>> {
    let mut flaws = Vec::new();
    let mut found = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut merchants = Vec::new();
        for (rank, draft) in entry.merchants.iter().enumerate() {
            match Merchant::parse(draft.clone(), rules) {
                Ok(merchant) => merchants.push(merchant),
                Err(violations) => flaws.extend(violations.into_iter().map(|violation| {
                    let field = violation.field.rsplit('.').next().unwrap_or_default();
                    let place = format!("callers[{index}].merchants[{rank}].{field}");
                    (place, violation.description.to_string())
                })),
            }
        }
        found.push(Rule {
            identities: entry.identities.clone(),
            rights: Rights {
                name: entry.name.clone(),
                methods: entry.methods.clone(),
                reads: entry.reads,
                merchants,
                budget: entry.budget(),
            },
            limits: entry.limits(),
        });
    }
    match flaws.is_empty() {
        true => Ok(found),
        false => Err(flaws),
    }
}
