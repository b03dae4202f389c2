//! How an entry of `callers` is read and written.

use std::num::NonZeroU32;

use serde_json::{Value, json};

use super::super::item::{Item, Parts, list};
use super::super::setting::{Choice, Flaws, Setting, expect};
use super::super::value::{Shape, quote};
use super::CallerEntry;
use crate::bearer::JwksUrl;
use crate::callers::{Network, Pattern};
use crate::domain::{CallerName, MerchantDraft, Method, Reads};

const ENTRY: [&str; 11] = [
    "name",
    "identities",
    "methods",
    "reads",
    "merchants",
    "max_in_flight",
    "rate",
    "burst",
    "priority",
    "daily_budget",
    "monthly_budget",
];
const MERCHANT: [&str; 3] = ["id", "name", "category_code"];

/// The highest priority.
const HIGHEST: u32 = 100;

const METHODS: [Method; 2] = [Method::VerifyIdPhoto, Method::GetVerification];

impl Choice for Method {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("VerifyIdPhoto", Self::VerifyIdPhoto),
        ("GetVerification", Self::GetVerification),
    ];
}

impl Choice for Reads {
    const NAMES: &'static [(&'static str, Self)] = &[("own", Self::Own), ("all", Self::All)];
}

impl Setting for CallerName {
    const EXPECTED: &'static str =
        "1 to 64 letters, digits and _.- in quotes, and not \"anonymous\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(self.as_str())
    }

    fn schema() -> Value {
        json!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]{1,64}$",
            "not": { "const": crate::domain::ANONYMOUS },
        })
    }
}

impl Setting for Network {
    const EXPECTED: &'static str = "an IP address, a network such as \"10.1.0.0/16\" with no bits \
        behind its prefix, or \"unix\"";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(&self.text())
    }
}

impl Setting for Pattern {
    const EXPECTED: &'static str = "\"spiffe://…/…\", the same with /* at its end for every id below, \
        \"dns:…\" with a host name, \"jwt:…\" with the subject of a token, or \"uid:…\" with \
        the number of a user";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(&self.text())
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(spiffe://[^/]+/.+|dns:.+|jwt:.+|uid:[0-9]+)$" })
    }
}

impl Setting for JwksUrl {
    const EXPECTED: &'static str = "an https URL such as \"https://login.bank.example/jwks.json\", or http on \
        this machine, without a user name";

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().and_then(Self::parse))
    }

    fn write(&self) -> String {
        quote(self.as_str())
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^https?://" })
    }
}

/// A list of values, none of them twice.
macro_rules! lists {
    ($($Item:ty: $expected:literal;)*) => {$(
        impl Setting for Vec<$Item> {
            const SHAPE: Shape = Shape::Toml;
            const EXPECTED: &'static str = $expected;

            fn read(value: &Value) -> Result<Self, Flaws> {
                let mut seen: Self = Vec::new();
                list(value, |place, item, flaws| {
                    match <$Item>::read(item) {
                        Ok(item) if seen.contains(&item) => {
                            flaws.push((place, "stands there already".to_owned()));
                        }
                        Ok(item) => {
                            seen.push(item.clone());
                            return Some(item);
                        }
                        Err(_) => flaws.push((place, format!("expected {}", <$Item>::expected()))),
                    }
                    None
                })
            }

            fn write(&self) -> String {
                let items: Vec<_> = self.iter().map(Setting::write).collect();
                format!("[{}]", items.join(", "))
            }

            fn schema() -> Value {
                json!({ "type": "array", "minItems": 1, "items": <$Item>::schema() })
            }
        }
    )*};
}

lists! {
    Network: "a list of networks such as [\"127.0.0.0/8\", \"fd00::/8\"], at least one";
    Pattern: "a list of identities such as [\"spiffe://bank.example/ns/loans/*\"], at least one";
    Method: "a list of \"VerifyIdPhoto\" and \"GetVerification\", at least one";
}

/// Their texts are held to the rules of merchants once these are known.
impl Setting for Vec<MerchantDraft> {
    const SHAPE: Shape = Shape::Toml;
    const EXPECTED: &'static str = "a list of merchants such as \
        [{ id = \"M00000000000001\", name = \"Example Shop\", category_code = \"5999\" }], at least one";

    fn read(value: &Value) -> Result<Self, Flaws> {
        list(value, |place, item, flaws| {
            let mut item = Item::open(place, item, &MERCHANT, flaws)?;
            let [id, name, category_code] = MERCHANT.map(|name| item.required(name));
            Some(MerchantDraft {
                id: id?,
                name: name?,
                category_code: category_code?,
            })
        })
    }

    fn write(&self) -> String {
        let merchant = |merchant: &MerchantDraft| {
            let MerchantDraft {
                id,
                name,
                category_code,
            } = merchant;
            let values = [id, name, category_code].map(Setting::write);
            let members = MERCHANT.iter().zip(values);
            let members: Vec<_> = members
                .map(|(key, value)| format!("{key} = {value}"))
                .collect();
            format!("{{ {} }}", members.join(", "))
        };
        format!(
            "[{}]",
            self.iter().map(merchant).collect::<Vec<_>>().join(", ")
        )
    }

    fn schema() -> Value {
        let texts = MERCHANT.map(|name| (name.to_owned(), String::schema()));
        json!({ "type": "array", "minItems": 1, "items": {
            "type": "object",
            "properties": serde_json::Map::from_iter(texts),
            "required": MERCHANT,
            "additionalProperties": false,
        }})
    }
}

/// No name and no identity twice.
impl Setting for Vec<CallerEntry> {
    const SHAPE: Shape = Shape::Toml;
    const EXPECTED: &'static str =
        "a list of tables such as [{ name = \"…\", identities = [\"…\"] }], at least one";

    fn read(value: &Value) -> Result<Self, Flaws> {
        let mut earlier: Self = Vec::new();
        list(value, |place, item, flaws| {
            let entry = entry(place.clone(), item, flaws)?;
            repeated(&place, &entry, &earlier, flaws);
            earlier.push(entry.clone());
            Some(entry)
        })
    }

    fn write(&self) -> String {
        let entries: String = self
            .iter()
            .map(|entry| format!("  {},\n", written(entry)))
            .collect();
        format!("[\n{entries}]")
    }

    fn schema() -> Value {
        json!({ "type": "array", "minItems": 1, "items": {
            "type": "object",
            "properties": {
                "name": CallerName::schema(),
                "identities": <Vec<Pattern>>::schema(),
                "methods": <Vec<Method>>::schema(),
                "reads": Reads::schema(),
                "merchants": <Vec<MerchantDraft>>::schema(),
                "max_in_flight": limit(),
                "rate": limit(),
                "burst": limit(),
                "priority": { "type": "integer", "minimum": 1, "maximum": HIGHEST },
                "daily_budget": limit(),
                "monthly_budget": limit(),
            },
            "required": ["name", "identities"],
            "additionalProperties": false,
        }})
    }
}

fn limit() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

fn entry(place: String, item: &Value, flaws: &mut Parts) -> Option<CallerEntry> {
    let mut item = Item::open(place, item, &ENTRY, flaws)?;
    let name = item.required("name");
    let identities = item.required("identities");
    let methods = item.optional("methods");
    let reads = item.optional("reads");
    let merchants = item.optional("merchants");
    let max_in_flight = positive(&mut item, "max_in_flight");
    let rate = positive(&mut item, "rate");
    let burst = positive(&mut item, "burst");
    let priority = priority(&mut item);
    let daily = positive(&mut item, "daily_budget");
    let monthly = positive(&mut item, "monthly_budget");
    if burst.is_some_and(|burst| burst.is_some()) && rate == Some(None) {
        item.flawed("burst", "needs rate".to_owned());
    }
    Some(CallerEntry {
        name: name?,
        identities: identities?,
        methods: methods?.unwrap_or_else(|| METHODS.to_vec()),
        reads: reads?.unwrap_or(Reads::Own),
        merchants: merchants?.unwrap_or_default(),
        max_in_flight: max_in_flight?.and_then(|most| usize::try_from(most).ok()),
        rate: rate?,
        burst: burst?,
        priority: priority?,
        daily_budget: daily?.map(u64::from),
        monthly_budget: monthly?.map(u64::from),
    })
}

/// A limit of 0 would be a way to lock a caller out that no log speaks of.
fn positive(item: &mut Item<'_>, name: &str) -> Option<Option<u32>> {
    let found = item.optional::<u32>(name)?;
    if found == Some(0) {
        item.flawed(name, "must be at least 1".to_owned());
        return None;
    }
    Some(found)
}

/// The share of `upi.max_rate`; 1 unless it is set.
fn priority(item: &mut Item<'_>) -> Option<NonZeroU32> {
    let found = item.optional::<u32>("priority")?.unwrap_or(1);
    let found = NonZeroU32::new(found).filter(|found| found.get() <= HIGHEST);
    if found.is_none() {
        item.flawed("priority", format!("must be 1 to {HIGHEST}"));
    }
    found
}

fn repeated(place: &str, entry: &CallerEntry, earlier: &[CallerEntry], flaws: &mut Parts) {
    if earlier.iter().any(|other| other.name == entry.name) {
        let text = "must not be that of another caller".to_owned();
        flaws.push((format!("{place}.name"), text));
    }
    for (index, identity) in entry.identities.iter().enumerate() {
        if earlier
            .iter()
            .any(|other| other.identities.contains(identity))
        {
            let text = "must not be that of another caller".to_owned();
            flaws.push((format!("{place}.identities[{index}]"), text));
        }
    }
}

fn written(entry: &CallerEntry) -> String {
    let CallerEntry {
        name,
        identities,
        methods,
        reads,
        merchants,
        max_in_flight,
        rate,
        burst,
        priority,
        daily_budget,
        monthly_budget,
    } = entry;
    let mut members = vec![
        ("name", name.write()),
        ("identities", identities.write()),
        ("methods", methods.write()),
        ("reads", reads.write()),
    ];
    if !merchants.is_empty() {
        members.push(("merchants", merchants.write()));
    }
    let limits = [
        ("max_in_flight", max_in_flight.map(|it| it.write())),
        ("rate", rate.map(|it| it.write())),
        ("burst", burst.map(|it| it.write())),
        (
            "priority",
            (priority.get() > 1).then(|| priority.get().write()),
        ),
        ("daily_budget", daily_budget.map(|it| it.to_string())),
        ("monthly_budget", monthly_budget.map(|it| it.to_string())),
    ];
    let limits = limits.into_iter();
    members.extend(limits.filter_map(|(key, value)| Some((key, value?))));
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{{ {} }}", members.join(", "))
}
