//! Classes of characters in names, each with what to do about one that is refused.

/// A character that no reader sees, or that stands for text which was lost.
const INVISIBLE: &str = "must have no invisible characters, such as zero-width spaces, direction marks or variation selectors: remove them";
const LOST: &str = "must not have U+FFFD, which stands for text that a wrong character encoding has lost: take the name from its source again";

const PRIVATE_USE: &str = "must not have private-use code points, by which older systems wrote rare characters: \
     convert the name to today's Unicode, where U+E863, for example, is U+4DAE";
const RADICAL: &str = "must be written with ideographs, not with radicals (U+2E80 to U+2FDF): use the ideograph of the same shape";
const MARK: &str =
    "must be written out, without iteration marks or numerals of Suzhou (U+3005, U+3021 to U+303B)";
const SCRIPT: &str = "must be in Han script, with middle dots between the parts of a name";

/// Why a character is in no name, whatever its script.
pub(super) const fn never(character: char) -> Option<&'static str> {
    match character {
        '\u{FFFD}' => Some(LOST),
        // Default_Ignorable_Code_Point of Unicode, the separators of lines and paragraphs,
        // annotations, and the blank of Braille.
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => Some(INVISIBLE),
        _ => None,
    }
}

/// Why a character is in no Chinese name. Some that are refused are Han by UAX #24.
pub(super) const fn not_han(character: char) -> Option<&'static str> {
    match character {
        // The ideographs of names. Planes 2 and 3 are admitted whole: extensions are still
        // being filled, and people bear the names before a release has them.
        '\u{3007}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => None,
        '\u{2E80}'..='\u{2FDF}' => Some(RADICAL),
        '\u{3005}' | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303B}' => Some(MARK),
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => Some(PRIVATE_USE),
        _ => Some(SCRIPT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all(characters: &[char], judge: fn(char) -> Option<&'static str>, why: &str) {
        for character in characters {
            assert_eq!(judge(*character), Some(why), "{character:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_in_no_name() {
        all(
            &['\u{AD}', '\u{200B}', '\u{200D}', '\u{202E}', '\u{2060}'],
            never,
            INVISIBLE,
        );
        all(
            &['\u{2028}', '\u{3164}', '\u{FE00}', '\u{FEFF}', '\u{E0100}'],
            never,
            INVISIBLE,
        );
        all(&['\u{FFFD}'], never, LOST);
    }

    #[test]
    fn visible_characters_of_any_script_may_be_in_names() {
        for character in [
            '李', 'é', '·', ' ', '\u{E863}', '\u{5D0}', '\u{301}', '\u{2010}',
        ] {
            assert_eq!(never(character), None, "{character:?}");
        }
    }

    #[test]
    fn what_is_no_ideograph_of_names_is_told_by_its_class() {
        all(&['\u{2E80}', '\u{2F00}', '\u{2FD5}'], not_han, RADICAL);
        all(&['\u{3005}', '\u{3021}', '\u{303B}'], not_han, MARK);
        all(
            &['\u{E000}', '\u{E863}', '\u{F8FF}', '\u{F0000}'],
            not_han,
            PRIVATE_USE,
        );
        all(
            &['L', 'さ', ' ', '1', '\u{3006}', '\u{4DC0}'],
            not_han,
            SCRIPT,
        );
    }
}
