//! The settings of validation: readings of a source that is silent or contradicts itself.

/// All settable rules (`validation.*`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// `validation.free_text`.
    pub free_text: FreeText,
    /// `validation.name`.
    pub name: NameRule,
    /// `validation.id_number`.
    pub id_number: IdNumberRule,
    /// `validation.photo_min_side` and `validation.photo_max_side`.
    pub photo: PhotoLimits,
}

/// The alphabet of member name, merchant name and the consent texts. UPI declares them
/// ANS; comparable services put Chinese text there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FreeText {
    /// Printable ASCII, 0x20 to 0x7E.
    #[default]
    Ascii,
    /// Any Unicode but control characters.
    Unicode,
}

/// Which names are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameRule {
    /// Han script, with middle dots inside.
    #[default]
    Han,
    /// Any Unicode but control characters.
    Any,
}

/// Which identity numbers are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdNumberRule {
    /// Resident identity numbers of GB 11643-1999.
    #[default]
    Resident,
    /// These, and permanent-residence cards, which begin with 9.
    Any18,
    /// ANS 1-20, as UPI's table says.
    Lax,
}

/// Limits of a photo's sides, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoLimits {
    /// The shortest side allowed.
    pub min_side: u32,
    /// The longest side allowed.
    pub max_side: u32,
}

impl Default for PhotoLimits {
    fn default() -> Self {
        Self {
            min_side: 32,
            max_side: 8192,
        }
    }
}
