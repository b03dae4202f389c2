//! The rules, looked through for each call.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::limits::{Gate, Limits};
use super::network::Network;
use super::pattern::Pattern;
use super::{certificate, forwarded};
use crate::domain::{CallerName, Identity, Method, Rights};
use crate::verify::error::{Denial, Forbidden};
use crate::verify::port::{Admission, Admitted, Asker, Place, TurnedAway};

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How it is known: no pattern stands in two rules.
    pub identities: Vec<Pattern>,
    /// What it may.
    pub rights: Rights,
    /// How much.
    pub limits: Limits,
}

/// The same, in force.
#[derive(Debug)]
struct Account {
    rights: Arc<Rights>,
    gate: Gate,
}

/// All rules. Whoever has none is turned away, unless there are no rules at all.
#[derive(Debug, Default)]
pub struct Roster {
    /// Whether everybody is the one anonymous caller, who may do everything.
    is_open: bool,
    accounts: HashMap<CallerName, Arc<Account>>,
    exactly: HashMap<String, Arc<Account>>,
    /// The longest first: who has a part of a path goes before who has the rest.
    below: Vec<(String, Arc<Account>)>,
    proxies: Vec<Network>,
}

impl Roster {
    /// Of these rules, and the networks of proxies that say who calls.
    #[must_use]
    pub fn new(rules: Vec<Rule>, proxies: Vec<Network>) -> Self {
        Self::default().renewed(rules, proxies)
    }

    /// Without rules. It looks at certificates all the same: rules may begin while their connections
    /// are open.
    #[must_use]
    pub fn open() -> Self {
        Self {
            is_open: true,
            ..Self::default()
        }
    }

    /// Of these from now on. Callers that stay go on with what they have used of their limits.
    #[must_use]
    pub fn renewed(&self, rules: Vec<Rule>, proxies: Vec<Network>) -> Self {
        let mut roster = Self {
            proxies,
            ..Self::default()
        };
        for Rule {
            identities,
            rights,
            limits,
        } in rules
        {
            let account = Arc::new(Account {
                gate: match self.accounts.get(&rights.name) {
                    Some(account) => account.gate.renewed(limits),
                    None => Gate::new(&rights.name, limits),
                },
                rights: Arc::new(rights),
            });
            let name = account.rights.name.clone();
            roster.accounts.insert(name, Arc::clone(&account));
            for pattern in identities {
                match pattern {
                    Pattern::Exactly(text) => {
                        roster.exactly.insert(text, Arc::clone(&account));
                    }
                    Pattern::Below(above) => roster.below.push((above, Arc::clone(&account))),
                }
            }
        }
        roster
            .below
            .sort_by_key(|(above, _)| usize::MAX - above.len());
        roster
    }

    fn find(&self, identity: &Identity) -> Result<&Arc<Account>, Denial> {
        if identity.is_none() {
            return Err(Denial::Unauthenticated);
        }
        let mut found = identity.texts().filter_map(|text| self.of(text));
        let forbidden = match found.next() {
            Some(first) if found.all(|other| Arc::ptr_eq(first, other)) => return Ok(first),
            Some(_) => Forbidden::Ambiguous(identity.clone()),
            None => Forbidden::Unknown(identity.clone()),
        };
        Err(Denial::PermissionDenied(forbidden))
    }

    fn of(&self, text: &str) -> Option<&Arc<Account>> {
        let mut below = self.below.iter();
        let exactly = self.exactly.get(text);
        exactly.or_else(|| {
            let above = below.find(|(above, _)| text.starts_with(above.as_str()));
            above.map(|(_, account)| account)
        })
    }
}

impl Admission for Roster {
    fn identify(&self, certificate: &[u8]) -> Identity {
        certificate::identity(certificate)
    }

    fn trusts(&self, peer: SocketAddr) -> bool {
        self.proxies.iter().any(|network| network.holds(peer.ip()))
    }

    fn trusts_sockets(&self) -> bool {
        self.proxies.contains(&Network::Sockets)
    }

    fn forwarded(&self, header: &str) -> Identity {
        forwarded::identity(header)
    }

    fn admit(&self, identity: &Identity, method: Option<Method>) -> Result<Admitted, TurnedAway> {
        if self.is_open {
            return Ok(Admitted::default());
        }
        let Account { rights, gate } = &**self.find(identity)?;
        let asker = Asker::known(Arc::clone(rights));
        match entered(rights, gate, method) {
            Ok(place) => Ok(Admitted { asker, place }),
            Err(denial) => Err(TurnedAway { asker, denial }),
        }
    }
}

/// Reading is free: who is at its limit can still ask what became of its orders.
fn entered(rights: &Rights, gate: &Gate, method: Option<Method>) -> Result<Option<Place>, Denial> {
    match method {
        Some(method) if !rights.methods.contains(&method) => {
            Err(Denial::PermissionDenied(Forbidden::Method))
        }
        Some(Method::VerifyIdPhoto) => gate.enter().map(Some),
        Some(Method::GetVerification) | None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Budget, Reads};

    fn rule(name: &str, identities: &[&str], methods: &[Method]) -> Rule {
        Rule {
            identities: identities
                .iter()
                .map(|text| Pattern::parse(text).unwrap())
                .collect(),
            rights: Rights {
                name: CallerName::parse(name).unwrap(),
                methods: methods.to_vec(),
                reads: Reads::Own,
                merchants: Vec::new(),
                budget: Budget::default(),
            },
            limits: Limits::default(),
        }
    }

    fn admitted(identity: &[&str], method: Method) -> Result<String, Denial> {
        let both = [Method::VerifyIdPhoto, Method::GetVerification];
        let rules = vec![
            rule("bank", &["spiffe://bank.example/*"], &both),
            rule(
                "loans",
                &["spiffe://bank.example/loans/*", "dns:loans.example"],
                &both,
            ),
            rule("batch", &["spiffe://bank.example/loans/batch"], &both),
            rule("audit", &["dns:audit.example"], &[Method::GetVerification]),
        ];
        let identity = Identity::new(identity.iter().map(|&text| text.to_owned()).collect());
        match Roster::new(rules, Vec::new()).admit(&identity, Some(method)) {
            Ok(admitted) => Ok(admitted.asker.name().unwrap().to_string()),
            Err(turned) => Err(turned.denial),
        }
    }

    #[test]
    fn a_caller_is_known_by_its_identity_and_the_narrowest_rule_counts() {
        for (identity, name) in [
            ("spiffe://bank.example/loans/batch", "batch"),
            ("spiffe://bank.example/loans/api", "loans"),
            ("spiffe://bank.example/loans/batch/a", "loans"),
            ("spiffe://bank.example/loans", "bank"),
            ("spiffe://bank.example/loans-test/a", "bank"),
            ("dns:loans.example", "loans"),
        ] {
            let found = admitted(&[identity], Method::VerifyIdPhoto);
            assert_eq!(found.as_deref(), Ok(name), "{identity}");
        }
    }

    #[test]
    fn who_proves_nothing_is_not_known() {
        let denied = admitted(&[], Method::VerifyIdPhoto);
        assert_eq!(denied, Err(Denial::Unauthenticated));
    }

    #[test]
    fn who_has_no_rule_is_not_allowed() {
        for stranger in [
            "spiffe://other.example/loans/api",
            "dns:bank.example",
            "dns:x.loans.example",
        ] {
            let denied = admitted(&[stranger], Method::VerifyIdPhoto).unwrap_err();
            assert!(
                matches!(denied, Denial::PermissionDenied(Forbidden::Unknown(_))),
                "{stranger}: {denied:?}"
            );
        }
    }

    #[test]
    fn two_callers_at_once_are_none() {
        let both = ["dns:loans.example", "dns:audit.example"];
        let denied = admitted(&both, Method::GetVerification).unwrap_err();
        assert!(matches!(
            denied,
            Denial::PermissionDenied(Forbidden::Ambiguous(_))
        ));
        let same = ["dns:other.example", "dns:loans.example"];
        assert_eq!(
            admitted(&same, Method::VerifyIdPhoto).as_deref(),
            Ok("loans")
        );
    }

    #[test]
    fn a_method_that_is_not_listed_is_not_allowed() {
        let audit = ["dns:audit.example"];
        let denied = admitted(&audit, Method::VerifyIdPhoto);
        assert_eq!(denied, Err(Denial::PermissionDenied(Forbidden::Method)));
        assert_eq!(
            admitted(&audit, Method::GetVerification).as_deref(),
            Ok("audit")
        );
    }
}
