//! One table of a list, such as an entry of `callers`: reads its members, and gathers what is wrong
//! with them.

use serde_json::{Map, Value};

use super::setting::{Flaws, Setting};
use super::settings::{shown, unknown};

/// Less alike names are not suggested (0 to 1).
const LIKENESS: f64 = 0.7;

/// A table, and where it stands in its list.
pub struct Item<'a> {
    place: String,
    table: &'a Map<String, Value>,
    flaws: &'a mut Vec<(String, String)>,
}

/// Where something is wrong, below the key of the list, and what.
pub type Parts = Vec<(String, String)>;

impl<'a> Item<'a> {
    /// Notes a value that is no table, and members that no such table has.
    pub fn open(
        place: String,
        value: &'a Value,
        names: &[&'static str],
        flaws: &'a mut Parts,
    ) -> Option<Self> {
        let Value::Object(table) = value else {
            let text = format!("expected a table with {}", names.join(", "));
            flaws.push((place, text));
            return None;
        };
        for name in table.keys().filter(|name| !names.contains(&name.as_str())) {
            let alike = |known: &&&str| strsim::normalized_damerau_levenshtein(known, name);
            let nearest = names
                .iter()
                .filter(|known| alike(known) >= LIKENESS)
                .max_by(|one, other| alike(one).total_cmp(&alike(other)));
            let text = match nearest {
                Some(nearest) => unknown(Some((*nearest).to_owned())),
                None => format!("unknown key; expected {}", names.join(", ")),
            };
            flaws.push((format!("{place}.{}", shown(name)), text));
        }
        Some(Self {
            place,
            table,
            flaws,
        })
    }

    /// A member that has to be there.
    pub fn required<T: Setting>(&mut self, name: &str) -> Option<T> {
        if self.table.contains_key(name) {
            return self.optional(name).flatten();
        }
        self.flawed(name, format!("missing; expected {}", T::expected()));
        None
    }

    /// A member that may be absent; the outer `None` is for a bad one.
    pub fn optional<T: Setting>(&mut self, name: &str) -> Option<Option<T>> {
        let Some(value) = self.table.get(name) else {
            return Some(None);
        };
        match T::read(value) {
            Ok(value) => return Some(Some(value)),
            Err(Flaws::Known(flaw)) => {
                self.flawed(name, format!("{} - {}", flaw.text, flaw.advice))
            }
            Err(Flaws::Unexpected) => self.flawed(name, format!("expected {}", T::expected())),
            Err(Flaws::Parts(parts)) => {
                for (part, text) in parts {
                    self.flawed(&format!("{name}{part}"), text);
                }
            }
        }
        None
    }

    /// Notes what is wrong with a member.
    pub fn flawed(&mut self, part: &str, text: String) {
        self.flaws.push((format!("{}.{part}", self.place), text));
    }
}

/// Reads every item of a list that is not empty, and names everything that is wrong with it.
pub fn list<T>(
    value: &Value,
    mut read: impl FnMut(String, &Value, &mut Parts) -> Option<T>,
) -> Result<Vec<T>, Flaws> {
    let items = value.as_array().filter(|items| !items.is_empty());
    let mut flaws = Vec::new();
    let mut found = Vec::new();
    for (index, item) in items.ok_or(Flaws::Unexpected)?.iter().enumerate() {
        found.extend(read(format!("[{index}]"), item, &mut flaws));
    }
    match flaws.is_empty() {
        true => Ok(found),
        false => Err(Flaws::Parts(flaws)),
    }
}
