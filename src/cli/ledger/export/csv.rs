//! The journal for spreadsheets: RFC 4180, and nothing that a spreadsheet would run.

use super::Trouble;
use crate::cli::ledger::entry::{Entry, MEMBERS};
use crate::ledger::archive::Kept;

/// Spreadsheets take what begins with these for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The names of the columns.
pub(super) fn heads() -> String {
    format!("number,{}\n", MEMBERS.join(","))
}

/// One line an entry: its number in this ledger, and its members; times as RFC 3339.
pub(in crate::cli::ledger) fn lines(entries: &[Kept]) -> Result<String, Trouble> {
    let mut text = String::new();
    for kept in entries {
        let entry = Entry::read(&kept.entry).ok_or_else(|| {
            let number = kept.number;
            Trouble::refused(
                "LEDGER_DAMAGED",
                format!("entry {number} of the journal is no JSON object"),
                "idphoto ledger check looks at all of them",
            )
        })?;
        text.push_str(&kept.number.to_string());
        for member in MEMBERS {
            text.push(',');
            text.push_str(&cell(&entry.shown(member)));
        }
        text.push('\n');
    }
    Ok(text)
}

/// Quoted where it must be. A formula gets an apostrophe in front, which spreadsheets do not show.
pub(super) fn cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (text, expected) in [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "=cmd|' /C calc'!A0",
        ] {
            assert!(cell(text).starts_with("\"'"), "{text:?}");
        }
    }
}
