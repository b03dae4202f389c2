//! `validation.*`: readings of a source that is silent or contradicts itself.

use super::key::default;
use super::reader::section;
use super::setting::Choice;
use crate::domain::{FreeText, IdNumberRule, NameRule};

impl Choice for FreeText {
    const NAMES: &'static [(&'static str, Self)] =
        &[("ascii", Self::Ascii), ("unicode", Self::Unicode)];
}

impl Choice for NameRule {
    const NAMES: &'static [(&'static str, Self)] = &[("han", Self::Han), ("any", Self::Any)];
}

impl Choice for IdNumberRule {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("resident", Self::Resident),
        ("any18", Self::Any18),
        ("lax", Self::Lax),
    ];
}

section! {
    /// `validation.*`
    ValidationConfig, "validation", "what is admitted", "";

    free_text: FreeText = default("ascii"),
        "The alphabet of member name, merchant name and consent texts: printable ASCII, as UPI's \
         table says, or any character but control characters.";
    name: NameRule = default("han"),
        "Customers' names: Chinese characters with middle dots, or any characters.";
    id_number: IdNumberRule = default("resident"),
        "Customers' ID numbers: resident numbers of GB 11643-1999; also permanent-residence \
         cards, which begin with 9; or any 1 to 20 printable ASCII characters.";
    photo_min_side: u32 = default("32").at_least(1),
        "The shortest side of a photo.";
    photo_max_side: u32 = default("8192").at_least(1),
        "The longest side of a photo; not below validation.photo_min_side.";
}
