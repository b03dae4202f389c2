//! The score of a pair without a scenario: the same pair always gets the same one.

/// Any score from 0 to 100, each about as likely as any other, decided by id number and
/// photo alone.
pub(super) fn score(id_number: &str, photo: &[u8]) -> u8 {
    let mut hasher = blake3::Hasher::new();
    // The length keeps number and photo apart: no two pairs give the same bytes.
    hasher.update(&id_number.len().to_le_bytes());
    hasher.update(id_number.as_bytes());
    hasher.update(photo);
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    // A remainder of 101 always fits.
    u8::try_from(u64::from_le_bytes(first) % 101).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::score;

    #[test]
    fn a_pair_keeps_its_score() {
        let first = score("11010519491231002X", b"photo");
        assert_eq!(score("11010519491231002X", b"photo"), first);
    }

    #[test]
    fn number_and_photo_both_count() {
        let of = |number: u32, photo: u32| score(&number.to_string(), &photo.to_le_bytes());
        let numbers: BTreeSet<u8> = (0..50).map(|number| of(number, 0)).collect();
        let photos: BTreeSet<u8> = (0..50).map(|photo| of(0, photo)).collect();
        assert!(numbers.len() > 10, "{numbers:?}");
        assert!(photos.len() > 10, "{photos:?}");
    }

    #[test]
    fn every_score_from_0_to_100_comes_up_and_no_other() {
        let scores: BTreeSet<u8> = (0..5_000_u32)
            .map(|photo| score("1", &photo.to_le_bytes()))
            .collect();
        assert!(scores.into_iter().eq(0..=100));
    }
}
