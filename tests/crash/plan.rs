//! What happens in a run, by its seed.

/// Every point, in the order of a call.
pub const POINTS: [&str; 15] = [
    "looked",
    "sealed",
    "ledger-beginning",
    "ledger-committing",
    "ledger-committed",
    "claimed",
    "upi-posting",
    "upi-connected",
    "upi-piece",
    "upi-handing-over",
    "upi-written",
    "upi-replied",
    "answered",
    "settled",
    "told",
];

/// One run.
pub struct Plan {
    pub seed: u64,
    pub point: &'static str,
    /// The gateway dies when it passes the point for this time.
    pub times: u64,
    /// So many milliseconds later, in which everything else goes on.
    pub pause: u64,
    /// Orders, and how often each is asked for at the same time.
    pub orders: Vec<(String, u64)>,
    /// UPI takes this long.
    pub scenario: &'static str,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut state = seed;
        let mut below = |limit: u64| mixed(&mut state) % limit;
        let length = POINTS.len() as u64;
        let point = POINTS[usize::try_from(seed % length).unwrap()];
        let count = below(6) + 1;
        // Pieces come by the dozen, and the ledger commits in groups.
        let times = match point {
            "upi-piece" => below(20) + 1,
            _ => below(2.min(count)) + 1,
        };
        let scenarios = [
            "account opening",
            "sandbox:confidence=42",
            "sandbox:delay=30ms",
        ];
        Self {
            seed,
            point,
            times,
            pause: [0, 0, 5, 30][usize::try_from(below(4)).unwrap()],
            scenario: scenarios[usize::try_from(below(3)).unwrap()],
            orders: (0..count)
                .map(|_| (crate::requests::order_id(), below(2) + 1))
                .collect(),
        }
    }

    /// For the environment of the gateway.
    pub fn wish(&self) -> String {
        format!("{}:{}:{}", self.point, self.times, self.pause)
    }
}

/// SplitMix64.
fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
