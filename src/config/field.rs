//! The description of one key, from which everything else follows.

use super::Config;
use super::kind::Kind;
use super::value::Shape;

/// One key, with the type of its value.
pub struct Field<T: 'static> {
    path: &'static str,
    kind: Kind<T>,
    of: fn(&Config) -> Option<T>,
    presence: Presence<T>,
    sandbox: Sandbox,
    sensitivity: Sensitivity,
    rule: Option<Rule<T>>,
    about: &'static str,
}

/// What happens when the key is absent.
enum Presence<T> {
    Default(fn() -> T),
    Optional,
    Required,
}

/// What `serve --sandbox` makes of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sandbox {
    Unchanged,
    /// A placeholder takes the place of a mandatory value.
    NotRequired,
    /// The gateway would seem to talk to UPI, and does not: refused.
    Refused,
}

/// Whether the value may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sensitivity {
    Open,
    /// A URL whose user name and password are masked.
    Credentials,
}

/// A limit beyond the kind's.
struct Rule<T> {
    holds: fn(&T) -> bool,
    text: &'static str,
}

/// What an absent key comes to.
pub enum Absent<T> {
    Default(T),
    Nothing,
    Missing,
}

impl<T> Field<T> {
    /// An optional key; `of` finds it in a configuration.
    pub const fn new(path: &'static str, kind: Kind<T>, of: fn(&Config) -> Option<T>) -> Self {
        Self {
            path,
            kind,
            of,
            presence: Presence::Optional,
            sandbox: Sandbox::Unchanged,
            sensitivity: Sensitivity::Open,
            rule: None,
            about: "",
        }
    }

    /// One or two sentences for the reference.
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    pub const fn default(mut self, default: fn() -> T) -> Self {
        self.presence = Presence::Default(default);
        self
    }

    pub const fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    /// `text` continues "expected …, ".
    pub const fn rule(mut self, holds: fn(&T) -> bool, text: &'static str) -> Self {
        self.rule = Some(Rule { holds, text });
        self
    }

    pub const fn not_required_in_sandbox(mut self) -> Self {
        self.sandbox = Sandbox::NotRequired;
        self
    }

    pub const fn refused_in_sandbox(mut self) -> Self {
        self.sandbox = Sandbox::Refused;
        self
    }

    pub const fn credentials(mut self) -> Self {
        self.sensitivity = Sensitivity::Credentials;
        self
    }

    pub const fn path(&self) -> &'static str {
        self.path
    }

    pub const fn kind(&self) -> &Kind<T> {
        &self.kind
    }

    /// Whether a value of the right kind is within the limits of this key.
    pub fn admits(&self, value: &T) -> bool {
        self.rule.as_ref().is_none_or(|rule| (rule.holds)(value))
    }

    pub fn is_refused(&self, sandboxed: bool) -> bool {
        sandboxed && self.sandbox == Sandbox::Refused
    }

    pub fn absent(&self, sandboxed: bool) -> Absent<T> {
        match self.presence {
            Presence::Default(default) => Absent::Default(default()),
            Presence::Required if !(sandboxed && self.sandbox != Sandbox::Unchanged) => {
                Absent::Missing
            }
            Presence::Required | Presence::Optional => Absent::Nothing,
        }
    }
}

/// A key of whatever type.
pub trait Key: Sync {
    fn path(&self) -> &'static str;

    /// How the value is written in the environment and after `--set`.
    fn shape(&self) -> Shape;

    /// What a good value looks like.
    fn expected(&self) -> String;

    /// The value that a configuration has, as TOML and without credentials.
    fn show(&self, config: &Config) -> Option<String>;

    fn reference(&self) -> Reference;
}

impl<T> Key for Field<T> {
    fn path(&self) -> &'static str {
        self.path
    }

    fn shape(&self) -> Shape {
        self.kind.shape
    }

    fn expected(&self) -> String {
        let expected = (self.kind.expected)();
        match &self.rule {
            Some(rule) => format!("{expected}, {}", rule.text),
            None => expected,
        }
    }

    fn show(&self, config: &Config) -> Option<String> {
        let text = (self.kind.write)(&(self.of)(config)?);
        Some(match self.sensitivity {
            Sensitivity::Open => text,
            Sensitivity::Credentials => mask(&text),
        })
    }

    fn reference(&self) -> Reference {
        Reference {
            path: self.path,
            expected: self.expected(),
            default: match self.presence {
                Presence::Default(default) => Some((self.kind.write)(&default())),
                Presence::Optional | Presence::Required => None,
            },
            required: matches!(self.presence, Presence::Required),
            refused_in_sandbox: self.sandbox == Sandbox::Refused,
            about: self.about,
        }
    }
}

/// What is to be known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its path, e.g. `upi.signing.kid`.
    pub path: &'static str,
    /// What a good value looks like.
    pub expected: String,
    /// The value of an absent key, as TOML.
    pub default: Option<String>,
    /// Whether the gateway does not start without it (but with `--sandbox`, if it is about
    /// UPI).
    pub required: bool,
    /// Whether it contradicts `--sandbox`.
    pub refused_in_sandbox: bool,
    /// What it does.
    pub about: &'static str,
}

impl Reference {
    /// The variable of the environment that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.path)
    }
}

/// The environment's name of a key. Two underscores part sections, since names of keys
/// have single ones.
pub fn variable(path: &str) -> String {
    format!("IDPHOTO_{}", path.replace('.', "__").to_ascii_uppercase())
}

/// Masks what stands between `://` and `@`.
fn mask(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://***@{host}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    }
}
