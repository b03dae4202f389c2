//! One key: everything that is known of it, from its one row in the table of its section.

use serde_json::{Map, Value, json};

use super::setting::Kind;
use super::value::{Shape, from_text, quote};

/// Keys less alike than this are not suggested (0 to 1).
const LIKENESS: f64 = 0.7;

/// The keys of one table of the file.
pub struct Table {
    pub path: &'static str,
    /// Of the part of the file that begins here; empty in the middle of one.
    pub title: &'static str,
    pub about: &'static str,
    pub keys: &'static [Key],
}

/// One key.
pub struct Key {
    path: &'static str,
    about: &'static str,
    kind: Kind,
    row: Row,
}

/// What a row says beside name, type and text.
#[derive(Clone, Copy)]
pub struct Row {
    presence: Presence,
    sandbox: Sandbox,
    limits: Option<(u64, u64)>,
    masked: bool,
    /// Where this key is given it is not needed.
    alternative: Option<&'static str>,
}

/// What happens when the key is absent. The texts are values as they stand in the environment.
#[derive(Clone, Copy)]
enum Presence {
    Default(&'static str),
    /// With an example.
    Optional(&'static str),
    /// With an example.
    Required(&'static str),
}

/// What `serve --sandbox` makes of the key.
#[derive(Clone, Copy)]
enum Sandbox {
    Unchanged,
    /// This takes the place of a key that is absent.
    StandIn(&'static str),
    /// The gateway would seem to talk to UPI, and does not.
    Refused,
}

/// A key with this value when it is absent.
pub const fn default(value: &'static str) -> Row {
    Row::new(Presence::Default(value))
}

/// A key that may be absent; with an example of a value.
pub const fn optional(example: &'static str) -> Row {
    Row::new(Presence::Optional(example))
}

/// A key without which the gateway does not start; with an example of a value.
pub const fn required(example: &'static str) -> Row {
    Row::new(Presence::Required(example))
}

/// The path of a key that stands before all tables begins with no dot.
pub const fn rooted(path: &'static str) -> &'static str {
    match path.as_bytes() {
        [b'.', ..] => path.split_at(1).1,
        _ => path,
    }
}

impl Row {
    const fn new(presence: Presence) -> Self {
        Self {
            presence,
            sandbox: Sandbox::Unchanged,
            limits: None,
            masked: false,
            alternative: None,
        }
    }

    /// Numbers, or durations in milliseconds.
    pub const fn within(mut self, least: u64, most: u64) -> Self {
        self.limits = Some((least, most));
        self
    }

    pub const fn at_least(self, least: u64) -> Self {
        self.within(least, u64::MAX)
    }

    /// With `--sandbox` this stands for an absent key.
    pub const fn in_sandbox(mut self, value: &'static str) -> Self {
        self.sandbox = Sandbox::StandIn(value);
        self
    }

    /// The key contradicts `--sandbox`.
    pub const fn not_in_sandbox(mut self) -> Self {
        self.sandbox = Sandbox::Refused;
        self
    }

    /// Needed only where another key is not given.
    pub const fn unless(mut self, other: &'static str) -> Self {
        self.alternative = Some(other);
        self
    }

    /// A URL whose user name and password are not shown.
    pub const fn masked(mut self) -> Self {
        self.masked = true;
        self
    }
}

impl Key {
    pub(super) const fn new(path: &'static str, about: &'static str, kind: Kind, row: Row) -> Self {
        Self {
            path,
            about,
            kind,
            row,
        }
    }

    /// Its path, e.g. `upi.signing.kid`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// What it does.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// What a good value looks like.
    #[must_use]
    pub fn expected(&self) -> String {
        let expected = (self.kind.expected)();
        let spell = self.kind.spell;
        match self.row.limits {
            Some((least, u64::MAX)) => format!("{expected}, at least {}", spell(least)),
            Some((least, most)) => format!("{expected}, {} to {}", spell(least), spell(most)),
            None => expected,
        }
    }

    /// The value of an absent key, as TOML.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        match (self.row.presence, self.kind.shape) {
            (Presence::Default(text), Shape::Text) => Some(quote(text)),
            (Presence::Default(text), Shape::Toml) => Some(text.to_owned()),
            _ => None,
        }
    }

    /// Whether the gateway does not start without it (but with `--sandbox`, if it is about UPI).
    #[must_use]
    pub const fn is_required(&self) -> bool {
        matches!(self.row.presence, Presence::Required(_))
    }

    /// The variable of the environment that sets it. Two underscores part sections, since names
    /// of keys have single ones.
    #[must_use]
    pub fn variable(&self) -> String {
        format!(
            "IDPHOTO_{}",
            self.path.replace('.', "__").to_ascii_uppercase()
        )
    }

    pub(super) fn value(&self, text: &str) -> Value {
        from_text(text, self.kind.shape)
    }

    pub(super) const fn is_refused_in_sandbox(&self) -> bool {
        matches!(self.row.sandbox, Sandbox::Refused)
    }

    /// Whether a gateway before UPI, or before a sandbox, needs it.
    pub(super) const fn is_missed(&self, sandboxed: bool) -> bool {
        self.is_required() && (!sandboxed || matches!(self.row.sandbox, Sandbox::Unchanged))
    }

    /// The key that takes its place.
    pub(super) const fn alternative(&self) -> Option<&'static str> {
        self.row.alternative
    }

    /// What stands for it when it is absent, or in the way of reading the rest when it is bad.
    pub(super) fn stand_in(&self, sandboxed: bool) -> Option<Value> {
        let text = match (self.row.presence, self.row.sandbox) {
            (Presence::Default(text), Sandbox::StandIn(other)) => {
                if sandboxed {
                    other
                } else {
                    text
                }
            }
            (Presence::Default(text), _) | (_, Sandbox::StandIn(text)) => text,
            _ => return None,
        };
        Some(self.value(text))
    }

    pub(super) fn admits(&self, measure: Option<u64>) -> bool {
        let limits = self.row.limits.zip(measure);
        limits.is_none_or(|((least, most), it)| (least..=most).contains(&it))
    }

    /// As TOML, without credentials.
    pub(super) fn shown(&self, written: String) -> String {
        if self.row.masked {
            mask(&written)
        } else {
            written
        }
    }

    /// For JSON Schema. What tables of documents need beside it begins with `x-`.
    pub(super) fn schema(&self) -> Value {
        let mut schema = Map::from_iter([("description".to_owned(), json!(self.about))]);
        if let Value::Object(kind) = (self.kind.schema)() {
            schema.extend(kind);
        }
        if let (Some((least, most)), Shape::Toml) = (self.row.limits, self.kind.shape) {
            schema.insert("minimum".to_owned(), json!(least));
            let most = (most < u64::MAX).then_some(most);
            schema.extend(most.map(|most| ("maximum".to_owned(), json!(most))));
        }
        let (name, text) = match self.row.presence {
            Presence::Default(text) => ("default", text),
            Presence::Optional(text) | Presence::Required(text) => ("x-example", text),
        };
        schema.insert(name.to_owned(), self.value(text));
        schema.insert("x-expected".to_owned(), json!(self.expected()));
        schema.insert("x-mandatory".to_owned(), json!(self.is_required()));
        Value::Object(schema)
    }
}

/// All keys, in the order of the reference.
#[derive(Clone, Copy)]
pub struct Keys(pub &'static [Table]);

impl Keys {
    pub fn iter(self) -> impl Iterator<Item = &'static Key> {
        self.0.iter().flat_map(|table| table.keys)
    }

    pub fn find(self, path: &str) -> Option<&'static Key> {
        self.iter().find(|key| key.path == path)
    }

    /// Where a key, or a part of one, stands among them; unknown ones stand before.
    pub fn rank(self, place: &str) -> usize {
        let holds = |key: &Key| {
            let rest = place.strip_prefix(key.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.iter().position(holds).map_or(0, |rank| rank + 1)
    }

    /// Whether keys stand below this path.
    pub fn is_section(self, path: &str) -> bool {
        let below = |key: &Key| {
            let rest = key.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self.iter().any(below)
    }

    /// The key that was probably meant: one with almost this path, or the same name in another
    /// section.
    pub fn nearest(self, path: &str) -> Option<&'static Key> {
        let likeness = |key: &Key| strsim::normalized_damerau_levenshtein(key.path, path);
        let alike = self.iter().map(|key| (key, likeness(key)));
        let alike = alike
            .filter(|(_, likeness)| *likeness >= LIKENESS)
            .max_by(|(_, one), (_, other)| one.total_cmp(other));
        let same = || self.iter().find(|key| name(key.path) == name(path));
        alike.map(|(key, _)| key).or_else(same)
    }
}

fn name(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

/// Masks what stands between `://` and `@`.
fn mask(url: &str) -> String {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (_, host) = rest.rsplit_once('@')?;
        Some(format!("{scheme}://***@{host}"))
    });
    parts.unwrap_or_else(|| url.to_owned())
}
