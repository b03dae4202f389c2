//! The customer's name, `customerNm`.

use unicode_normalization::UnicodeNormalization;

use super::bounded;
use crate::domain::rules::{NameRule, Rules};
use crate::domain::secret::Secret;
use crate::domain::text::{Alphabet, TextRule};
use crate::domain::violation::Violation;

mod character;

const FIELD: &str = "customer.name";
const MAX: usize = 66;
const MIDDLE_DOT: char = '\u{B7}';

const DOTS: &str = "must have characters on both sides of every middle dot";

/// A checked name, normalised: trimmed, NFC, with U+00B7 for every kind of middle dot.
///
/// Traditional characters stay as they are, because the register's do.
pub struct PersonName(Secret<String>);

impl PersonName {
    /// Normalises and checks field `customer.name`: 1 to 66 characters, by default in Han
    /// script.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn parse(text: &Secret<String>, rules: &Rules) -> Result<Self, Violation> {
        let characters = text.expose().trim().nfc().map(plain_dot);
        let name = bounded(characters, MAX);
        TextRule::new(FIELD, Alphabet::Unicode, 1, MAX).check(name.expose())?;
        check(name.expose(), rules.name).map_err(|rule| Violation::new(FIELD, rule))?;
        Ok(Self(name))
    }

    /// `customerNm`; whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Keyboards and registers disagree about the dot within transliterated names.
const fn plain_dot(character: char) -> char {
    match character {
        '\u{2022}' | '\u{2024}' | '\u{2027}' | '\u{22C5}' | '\u{30FB}' | '\u{FF65}' => MIDDLE_DOT,
        other => other,
    }
}

fn check(name: &str, rule: NameRule) -> Result<(), &'static str> {
    refused(name.chars(), character::never)?;
    if rule == NameRule::Any {
        return Ok(());
    }
    refused(
        name.chars().filter(|c| *c != MIDDLE_DOT),
        character::not_han,
    )?;
    if name.split(MIDDLE_DOT).any(str::is_empty) {
        return Err(DOTS);
    }
    Ok(())
}

/// What is wrong with the first character that is wrong.
fn refused(
    mut characters: impl Iterator<Item = char>,
    why: fn(char) -> Option<&'static str>,
) -> Result<(), &'static str> {
    characters.find_map(why).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::{DOTS, FIELD, PersonName, character};
    use crate::domain::rules::{NameRule, Rules};
    use crate::domain::secret::Secret;

    const SCRIPT: &str = "must be in Han script, with middle dots between the parts of a name";
    const LENGTH: &str = "must be 1 to 66 characters, none of them a control character";

    fn parse(text: &str, name: NameRule) -> Result<String, String> {
        let rules = Rules {
            name,
            ..Rules::default()
        };
        match PersonName::parse(&Secret::new(text.to_owned()), &rules) {
            Ok(name) => Ok(name.expose().to_owned()),
            Err(violation) => {
                assert_eq!(violation.field, FIELD);
                Err(violation.description.into_owned())
            }
        }
    }

    fn han(text: &str) -> Result<String, String> {
        parse(text, NameRule::Han)
    }

    #[track_caller]
    fn kept(text: &str) {
        assert_eq!(han(text).as_deref(), Ok(text));
    }

    #[test]
    fn common_names_are_kept_as_they_are() {
        kept("李雷");
        kept("欧阳修");
        kept("阿依古丽·买买提");
    }

    #[test]
    fn traditional_characters_are_not_simplified() {
        kept("張偉華");
    }

    #[test]
    fn rare_characters_of_every_block_are_admitted() {
        kept("王〇");
        kept("\u{3400}\u{4DBF}");
        kept("\u{4E00}\u{9FA6}\u{9FFF}");
        kept("𠮷田");
        kept("\u{20000}\u{2A6DF}\u{2B740}\u{2EBF0}");
        kept("\u{30000}\u{323AF}\u{3FFFD}");
        // The unified ones among the compatibility ideographs.
        kept("\u{FA0E}\u{FA29}");
    }

    #[test]
    fn characters_beside_the_blocks_are_refused() {
        let beside = [
            '\u{3006}',
            '\u{3008}',
            '\u{33FF}',
            '\u{4DC0}',
            '\u{A000}',
            '\u{FB00}',
            '\u{A4CF}',
            '\u{1FFFD}',
            '\u{3FFFE}',
            '\u{B6}',
        ];
        for character in beside {
            let name = format!("李{character}");
            assert_eq!(han(&name).unwrap_err(), SCRIPT, "{character:?}");
        }
    }

    #[test]
    fn other_scripts_are_refused_under_han_and_admitted_under_any() {
        for name in ["Li Lei", "Иван", "李Lei", "李 雷", "さくら", "李雷1"] {
            assert_eq!(han(name).unwrap_err(), SCRIPT, "{name}");
            assert_eq!(parse(name, NameRule::Any).as_deref(), Ok(name));
        }
    }

    #[test]
    fn every_look_alike_dot_becomes_the_middle_dot() {
        let dots = [
            '\u{B7}', '\u{2022}', '\u{2027}', '\u{22C5}', '\u{30FB}', '\u{FF65}', '\u{2024}',
            '\u{387}',
        ];
        for dot in dots {
            let name = format!("买买提{dot}艾力");
            assert_eq!(han(&name).as_deref(), Ok("买买提·艾力"), "{dot:?}");
        }
        assert_eq!(han("买买提.艾力").unwrap_err(), SCRIPT);
    }

    #[test]
    fn dots_stand_between_characters_only() {
        kept("甲·乙·丙");
        for name in ["·甲", "甲·", "甲··乙", "甲•\u{30FB}乙", "·", "甲·乙·"] {
            assert_eq!(han(name).unwrap_err(), DOTS, "{name}");
        }
    }

    #[test]
    fn white_space_around_a_name_is_trimmed() {
        assert_eq!(han(" \u{3000}李雷\t\n").as_deref(), Ok("李雷"));
    }

    #[test]
    fn compatibility_ideographs_are_composed_to_the_canonical_ones() {
        assert_eq!(han("\u{F9DC}\u{2F800}").as_deref(), Ok("\u{9686}\u{4E3D}"));
        assert_eq!(
            parse("Rene\u{301}e", NameRule::Any).as_deref(),
            Ok("Ren\u{E9}e")
        );
    }

    #[test]
    fn a_missing_or_blank_name_is_required() {
        for name in ["", "   ", "\u{3000}"] {
            assert_eq!(han(name).unwrap_err(), "is required");
            assert_eq!(parse(name, NameRule::Any).unwrap_err(), "is required");
        }
    }

    #[test]
    fn a_name_has_at_most_66_characters_after_normalisation() {
        kept(&"𠮷".repeat(66));
        assert_eq!(han(&"李".repeat(67)).unwrap_err(), LENGTH);
        assert_eq!(han(&"李".repeat(100_000)).unwrap_err(), LENGTH);
        let decomposed = "e\u{301}".repeat(66);
        assert_eq!(parse(&decomposed, NameRule::Any), Ok("é".repeat(66)));
    }

    #[test]
    fn control_characters_are_refused_under_every_rule() {
        for name in ["李\n雷", "李\u{0}雷", "李\u{85}雷", "李\u{7f}"] {
            assert_eq!(han(name).unwrap_err(), LENGTH);
            assert_eq!(parse(name, NameRule::Any).unwrap_err(), LENGTH);
        }
    }

    #[test]
    fn invisible_and_lost_characters_are_refused_under_every_rule() {
        for name in [
            "李\u{200B}雷",
            "\u{FEFF}李雷",
            "李雷\u{202E}",
            "李\u{FE00}雷",
            "\u{200B}",
            "李\u{FFFD}",
        ] {
            let why = name.chars().find_map(character::never).unwrap();
            assert_eq!(han(name).unwrap_err(), why, "{name:?}");
            assert_eq!(parse(name, NameRule::Any).unwrap_err(), why, "{name:?}");
        }
    }

    #[test]
    fn a_private_use_code_point_is_refused_under_han_with_its_remedy() {
        let why = han("李\u{E863}").unwrap_err();
        assert!(
            why.contains("private-use") && why.contains("U+4DAE"),
            "{why}"
        );
    }
}
