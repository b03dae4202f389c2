//! `validation.*`: readings of a source that is silent or contradicts itself.

use super::field::{Field, Key};
use super::kind::{Choice, Kind, PIXELS};
use super::reader::Reader;
use crate::domain::{FreeText, IdNumberRule, NameRule, PhotoLimits, Rules};

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

static FREE_TEXT: Field<FreeText> = Field::new("validation.free_text", Kind::choice(), |config| {
    Some(config.validation.free_text)
})
.default(FreeText::default)
.about(
    "The alphabet of member name, merchant name and consent texts: printable ASCII, as UPI's \
         table says, or any character but control characters.",
);

static NAME: Field<NameRule> = Field::new("validation.name", Kind::choice(), |config| {
    Some(config.validation.name)
})
.default(NameRule::default)
.about("Customers' names: Chinese characters with middle dots, or any characters.");

static ID_NUMBER: Field<IdNumberRule> =
    Field::new("validation.id_number", Kind::choice(), |config| {
        Some(config.validation.id_number)
    })
    .default(IdNumberRule::default)
    .about(
        "Customers' ID numbers: resident numbers of GB 11643-1999; also permanent-residence cards, \
         which begin with 9; or any 1 to 20 printable ASCII characters.",
    );

static PHOTO_MIN_SIDE: Field<u32> = Field::new("validation.photo_min_side", PIXELS, |config| {
    Some(config.validation.photo.min_side)
})
.default(|| PhotoLimits::default().min_side)
.rule(|side| *side >= 1, "at least 1")
.about("The shortest side of a photo.");

static PHOTO_MAX_SIDE: Field<u32> = Field::new("validation.photo_max_side", PIXELS, |config| {
    Some(config.validation.photo.max_side)
})
.default(|| PhotoLimits::default().max_side)
.rule(|side| *side >= 1, "at least 1")
.about("The longest side of a photo; not below validation.photo_min_side.");

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[
    &FREE_TEXT,
    &NAME,
    &ID_NUMBER,
    &PHOTO_MIN_SIDE,
    &PHOTO_MAX_SIDE,
];

pub fn read(reader: &mut Reader) -> Option<Rules> {
    let free_text = reader.get(&FREE_TEXT);
    let name = reader.get(&NAME);
    let id_number = reader.get(&ID_NUMBER);
    let photo = photo(reader);
    Some(Rules {
        free_text: free_text?,
        name: name?,
        id_number: id_number?,
        photo: photo?,
    })
}

fn photo(reader: &mut Reader) -> Option<PhotoLimits> {
    let min_side = reader.get(&PHOTO_MIN_SIDE);
    let max_side = reader.get(&PHOTO_MAX_SIDE);
    let (min_side, max_side) = (min_side?, max_side?);
    if min_side > max_side {
        reader.reject(
            PHOTO_MIN_SIDE.path(),
            format!("must not be above {}", PHOTO_MAX_SIDE.path()),
        );
    }
    Some(PhotoLimits { min_side, max_side })
}
