//! The TOML file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::problem::Origin;
use super::settings::{Settings, shown};
use super::value::from_toml;
use crate::marks;

/// Larger files are no configuration (bytes).
const LARGEST: u64 = 1024 * 1024;

/// Adds the values of the file, and what is wrong with it.
pub fn read(path: &Path, settings: &mut Settings) {
    let text = match text(path) {
        Ok(text) => text,
        Err(error) => {
            settings.unread = true;
            let why = format!("cannot be read: {error}");
            return settings.problem(path.display().to_string(), None, why);
        }
    };
    match DeTable::parse(&text) {
        Ok(table) => Document { path, text: &text }.walk("", table.get_ref(), settings),
        // The parser's words can quote the file, so only the place is told.
        Err(error) => {
            settings.unread = true;
            let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
            let origin = Origin::File {
                path: path.to_owned(),
                line,
            };
            let why = format!("not valid TOML at column {column} (texts stand in quotes)");
            settings.problem("configuration file".to_owned(), Some(origin), why);
        }
    }
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 1 MiB",
        ));
    }
    marks::remove(&mut text)?;
    let not_utf8 = |_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text");
    String::from_utf8(text).map_err(not_utf8)
}

struct Document<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Document<'_> {
    /// Sorts the entries of a table into known keys, sections and unknown keys.
    fn walk(&self, section: &str, table: &DeTable<'_>, settings: &mut Settings) {
        let mut entries: Vec<_> = table.iter().collect();
        let keys = settings.keys;
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let path = join(section, name.get_ref());
            let origin = self.origin(name.span().start);
            match (keys.find(&path), value.get_ref()) {
                (Some(key), value) => {
                    let mut parts = BTreeMap::new();
                    self.locate(&path, value, &mut parts);
                    settings.set(key, from_toml(value), origin);
                    settings.locate(key, parts);
                }
                (None, DeValue::Table(table)) if !table.is_empty() => {
                    self.walk(&path, table, settings);
                }
                (None, DeValue::Table(_)) if keys.is_section(&path) => {}
                (None, _) if keys.is_section(&path) => {
                    let text = format!("expected a table: [{path}]");
                    settings.problem(path, Some(origin), text);
                }
                (None, _) => {
                    let nearest = keys.nearest(&path).map(|key| key.path().to_owned());
                    settings.unknown(shown(&path), origin, nearest);
                }
            }
        }
    }

    /// Where the items of lists stand, and what is in them.
    fn locate(&self, at: &str, value: &DeValue<'_>, parts: &mut BTreeMap<String, Origin>) {
        match value {
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let place = format!("{at}[{index}]");
                    self.locate(&place, item.get_ref(), parts);
                    parts.insert(place, self.origin(item.span().start));
                }
            }
            DeValue::Table(table) => {
                for (name, member) in table.iter() {
                    let place = join(at, name.get_ref());
                    self.locate(&place, member.get_ref(), parts);
                    parts.insert(place, self.origin(name.span().start));
                }
            }
            _ => {}
        }
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: place(self.text, offset).0,
        }
    }
}

fn join(section: &str, name: &str) -> String {
    if section.is_empty() {
        name.to_owned()
    } else {
        format!("{section}.{name}")
    }
}

/// Line and column of a byte offset, both from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let (lines, last) = match before.rsplit_once('\n') {
        Some((lines, last)) => (lines.matches('\n').count() + 2, last),
        None => (1, before),
    };
    (lines, last.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_count_from_one_in_characters() {
        let text = "a\n李b\n\nc";
        for (part, expected) in [("a", (1, 1)), ("李", (2, 1)), ("b", (2, 2)), ("c", (4, 1))] {
            assert_eq!(place(text, text.find(part).unwrap()), expected, "{part}");
        }
        assert_eq!(place(text, usize::MAX), (4, 2));
    }
}
