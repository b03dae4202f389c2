//! The effective configuration, as TOML.

use super::Config;
use super::field::Key;
use super::schema;

impl Config {
    /// Every key with the value it has, as a TOML file that reads back as the same
    /// configuration. Keys without a value are comments. Credentials are masked.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for key in schema::keys() {
            let (table, name) = key.path().rsplit_once('.').unwrap_or(("", key.path()));
            if table != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{table}]\n"));
                section = table;
            }
            text.push_str(&line(key, name, self));
        }
        text
    }
}

fn line(key: &dyn Key, name: &str, config: &Config) -> String {
    match key.show(config) {
        Some(value) => format!("{name} = {value}\n"),
        None => format!("# {name} is not set\n"),
    }
}
