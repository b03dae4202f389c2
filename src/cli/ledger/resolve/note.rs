//! What an operator may write into the journal, from which nothing is ever removed by hand.

use unicode_normalization::UnicodeNormalization as _;

/// In characters.
const LONGEST: usize = 500;

/// What is wrong with a note; the note itself is not repeated.
pub(super) fn check(note: &str) -> Result<(), &'static str> {
    if note.trim().is_empty() || note.chars().count() > LONGEST {
        return Err("--note: expected 1 to 500 characters");
    }
    if note.chars().any(char::is_control) {
        return Err("--note: expected one line, without control characters");
    }
    if names_a_person(note) {
        return Err(
            "--note: it seems to hold an ID number, and personal data must not be written to the \
             journal; name the order or UPI's ticket",
        );
    }
    Ok(())
}

/// Whether 17 digits and a digit or X stand together, however they are written. Longer runs are
/// order ids, UPI-UUIDs and the like.
fn names_a_person(note: &str) -> bool {
    let plain: Vec<char> = note.nfkc().collect();
    let words = plain.split(|character| !character.is_ascii_alphanumeric());
    let digits = |word: &&[char]| word.iter().all(char::is_ascii_digit) && !word.is_empty();
    // In groups, as people write long numbers.
    let mut groups = Vec::new();
    for word in words {
        if is_number(word) {
            return true;
        }
        let last = word.split_last();
        let ends = last.is_some_and(|(last, before)| {
            last.eq_ignore_ascii_case(&'x') && before.iter().all(char::is_ascii_digit)
        });
        if digits(&word) || ends {
            groups.extend_from_slice(word);
        } else if !word.is_empty() {
            groups.clear();
        }
        if is_number(&groups) {
            return true;
        }
        if ends {
            groups.clear();
        }
    }
    false
}

fn is_number(word: &[char]) -> bool {
    let Some((last, digits)) = word.split_last() else {
        return false;
    };
    digits.len() == 17
        && digits.iter().all(char::is_ascii_digit)
        && (last.is_ascii_digit() || last.eq_ignore_ascii_case(&'x'))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_ticket_an_order_and_a_uuid_may_stand_there() {
        for note in [
            "x",
            "ticket 4711, by phone",
            "order 20261129181500ABCDEFGHIJKLMNOPQRSTU",
            "uuid 0123456789abcdef0123456789abcdef, 2026-11-29 18:15",
            "户 ticket \"7\" = -1",
            &"a".repeat(500),
        ] {
            assert_eq!(check(note), Ok(()), "{note}");
        }
    }

    #[test]
    fn an_id_number_in_any_form_may_not() {
        for note in [
            "11010519491231002X",
            "customer 11010519491231002x called",
            "(110105194912310021)",
            "110105 19491231 002X",
            "110105-1949-1231-0021.",
            "１１０１０５１９４９１２３１００２Ｘ",
        ] {
            let told = check(note).unwrap_err();
            assert!(told.contains("ID number"), "{note}");
            assert!(!told.contains("110105"), "{note}");
        }
    }

    #[test]
    fn neither_may_nothing_a_novel_or_a_second_line() {
        for note in ["", "  ", &"a".repeat(501), "a\nb", "a\u{1b}[31m", "a\u{7f}"] {
            assert!(check(note).is_err(), "{note:?}");
        }
    }
}
