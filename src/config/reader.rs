//! Takes typed values out of the settings and gathers what is wrong.

use serde_json::Value;

use super::key::{Key, Keys, Table};
use super::problem::{Origin, Problem};
use super::setting::{Flaws, Kind, Setting};
use super::settings::Settings;
use super::source::{self, Sources};

/// Reads keys; a bad one is noted, and something stands in for it, so that the rest is looked at,
/// too.
pub struct Reader {
    settings: Settings,
    sandboxed: bool,
}

/// The type of a key's place in the configuration: a [`Setting`], or an option of one when the key
/// may be absent.
pub trait Field: Sized {
    const KIND: Kind;

    /// `None` when nothing can stand in for a bad value, which is a bug in its row.
    fn take(reader: &mut Reader, key: &'static Key) -> Option<Self>;

    fn show(&self) -> Option<String>;
}

impl<T: Setting> Field for T {
    const KIND: Kind = Kind::of::<T>();

    fn take(reader: &mut Reader, key: &'static Key) -> Option<Self> {
        reader.get(key).or_else(|| reader.stand_in(key))
    }

    fn show(&self) -> Option<String> {
        Some(self.write())
    }
}

impl<T: Setting> Field for Option<T> {
    const KIND: Kind = Kind::of::<T>();

    fn take(reader: &mut Reader, key: &'static Key) -> Option<Self> {
        Some(reader.get(key))
    }

    fn show(&self) -> Option<String> {
        self.as_ref().map(Setting::write)
    }
}

/// The keys of a table, as a struct.
pub trait Section: Sized {
    const TABLE: Table;

    fn read(reader: &mut Reader) -> Option<Self>;

    /// In the order of the table.
    fn show(&self) -> Vec<Option<String>>;
}

/// Makes a [`Section`] of a table. In each row: name, type, what holds when the key is absent and
/// what limits there are, and the text of the reference.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $Name:ident, $path:literal, $title:literal, $about:literal;
        $($field:ident: $type:ty = $row:expr, $text:literal;)*
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $Name {
            $(#[doc = $text] pub $field: $type,)*
        }

        impl $crate::config::reader::Section for $Name {
            const TABLE: $crate::config::key::Table = $crate::config::key::Table {
                path: $path,
                title: $title,
                about: $about,
                keys: &[$($crate::config::key::Key::new(
                    $crate::config::key::rooted(concat!($path, ".", stringify!($field))),
                    $text,
                    <$type as $crate::config::reader::Field>::KIND,
                    $row,
                )),*],
            };

            fn read(reader: &mut $crate::config::reader::Reader) -> Option<Self> {
                let mut keys = Self::TABLE.keys.iter();
                $(let $field = <$type as $crate::config::reader::Field>::take(reader, keys.next()?);)*
                Some(Self { $($field: $field?,)* })
            }

            fn show(&self) -> Vec<Option<String>> {
                vec![$($crate::config::reader::Field::show(&self.$field)),*]
            }
        }
    };
}

pub(super) use section;

impl Reader {
    pub(super) fn open(keys: Keys, sources: &Sources) -> Self {
        Self {
            settings: source::gather(keys, sources),
            sandboxed: sources.sandboxed,
        }
    }

    /// Whether a sandbox is to play UPI.
    #[must_use]
    pub const fn is_sandboxed(&self) -> bool {
        self.sandboxed
    }

    /// The key's value as it was given, be it good or bad.
    pub(super) fn raw(&self, path: &str) -> Option<&Value> {
        self.settings.values.get(path).map(|setting| &setting.value)
    }

    /// Where a key, or the one that this is a part of, was given.
    #[must_use]
    pub fn origin(&self, place: &str) -> Option<Origin> {
        let key = place.split('[').next().unwrap_or(place);
        let setting = self.settings.values.get(key);
        setting.map(|setting| setting.origin_of(place).clone())
    }

    /// Whether any source has the key, be its value good or bad.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.settings.values.contains_key(path)
    }

    /// Whether nothing was wrong with these keys.
    pub(super) fn are_sound(&self, paths: &[&str]) -> bool {
        let problems = &self.settings.problems;
        !problems
            .iter()
            .any(|problem| paths.contains(&problem.place.as_str()))
    }

    /// Notes that a key is wrong in a way that only its neighbours show.
    pub(super) fn reject(&mut self, path: &str, text: impl Into<String>, advice: &'static str) {
        let problem = Problem {
            place: path.to_owned(),
            origin: self.origin(path),
            text: text.into(),
            advice,
        };
        self.settings.problems.push(problem);
    }

    /// Notes that `missing` has to be there because one of `given` is.
    pub(super) fn demand(&mut self, missing: &str, given: &[&str]) {
        if self.has(missing) || self.settings.unread {
            return;
        }
        if let Some(given) = given.iter().find(|path| self.has(path)) {
            self.reject(missing, format!("missing; {given} needs it"), "");
        }
    }

    /// All that was wrong: unknown keys first, then the others in the order of the reference.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.sorted(self.settings.problems.clone())
    }

    pub(crate) fn sorted(&self, mut problems: Vec<Problem>) -> Vec<Problem> {
        problems.sort_by_key(|problem| self.settings.keys.rank(&problem.place));
        problems
    }

    /// `None` for a bad key, and for an absent one.
    fn get<T: Setting>(&mut self, key: &'static Key) -> Option<T> {
        let Some(setting) = self.settings.values.get(key.path()) else {
            let other = key.alternative().is_some_and(|other| self.has(other));
            if key.is_missed(self.sandboxed) && !self.settings.unread && !other {
                let text = format!("missing; expected {}", key.expected());
                self.reject(key.path(), text, "");
            }
            return None;
        };
        if self.sandboxed && key.is_refused_in_sandbox() {
            let text = "contradicts --sandbox, which has an address and keys of its own";
            self.reject(key.path(), text, "");
            return None;
        }
        let flaws = match T::read(&setting.value) {
            Ok(value) if key.admits(value.measure()) => return Some(value),
            Ok(_) => Flaws::Unexpected,
            Err(flaws) => flaws,
        };
        self.note(key, flaws);
        None
    }

    fn note(&mut self, key: &'static Key, flaws: Flaws) {
        match flaws {
            Flaws::Unexpected => {
                self.reject(key.path(), format!("expected {}", key.expected()), "");
            }
            Flaws::Known(flaw) => self.reject(key.path(), flaw.text, flaw.advice),
            Flaws::Parts(parts) => {
                for (part, text) in parts {
                    let place = format!("{}{part}", key.path());
                    let given = self.settings.values.get(key.path());
                    let origin = given.map(|given| given.origin_of(&place).clone());
                    self.settings.problem(place, origin, text);
                }
            }
        }
    }

    fn stand_in<T: Setting>(&mut self, key: &'static Key) -> Option<T> {
        let value = key.stand_in(self.sandboxed);
        let value = value.and_then(|value| T::read(&value).ok());
        if value.is_none() {
            self.reject(key.path(), "nothing stands in for it, which is a bug", "");
        }
        value
    }
}
