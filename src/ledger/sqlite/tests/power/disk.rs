//! A disk that forgets what was not synced.

use std::collections::BTreeMap;

/// Disks tear writes in pieces of this many bytes.
const SECTOR: usize = 512;

/// Something that was done to a file; its kinds are those of `recorder.c`.
pub struct Record {
    pub kind: u8,
    pub name: String,
    pub offset: u64,
    pub data: Vec<u8>,
}

impl Record {
    pub fn read_all(mut log: &[u8]) -> Vec<Self> {
        let mut records = Vec::new();
        while !log.is_empty() {
            let (head, rest) = log.split_at(18);
            let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
            let (name, rest) = rest.split_at(head[1].into());
            let (data, rest) = rest.split_at(number(10).try_into().unwrap());
            records.push(Self {
                kind: head[0],
                name: String::from_utf8(name.to_vec()).unwrap(),
                offset: number(2),
                data: data.to_vec(),
            });
            log = rest;
        }
        records
    }

    /// A sync that begins or has ended.
    pub fn is_sync(&self) -> bool {
        matches!(self.kind, b'B' | b'S' | b'D')
    }
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    /// What came since, and how much of it was there when the last sync began.
    since: Vec<Change>,
    syncing: usize,
    /// Whether its name is on disk, and whether it was taken away.
    named: bool,
    unlinked: bool,
}

#[derive(Clone)]
enum Change {
    Written(usize, Vec<u8>),
    Truncated(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Written(at, data) => {
                let end = at + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(data);
            }
            Self::Truncated(length) => content.resize(*length, 0),
        }
    }

    /// In the pieces that come to the disk or do not.
    fn torn(&self) -> Vec<Self> {
        match self {
            Self::Written(at, data) => {
                let pieces = data.chunks(SECTOR).enumerate();
                let piece = |(number, piece): (usize, &[u8])| {
                    Self::Written(at + number * SECTOR, piece.to_vec())
                };
                pieces.map(piece).collect()
            }
            Self::Truncated(_) => vec![self.clone()],
        }
    }
}

/// Files as they are, and as they are on the disk for certain.
#[derive(Default)]
pub struct Disk {
    files: BTreeMap<String, File>,
    taken: usize,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "after {} records", self.taken)
    }
}

impl Disk {
    pub fn take(&mut self, record: &Record) {
        self.taken += 1;
        if record.kind == b'D' {
            self.files.retain(|_, file| !file.unlinked);
            self.files.values_mut().for_each(|file| file.named = true);
            return;
        }
        if !record.name.starts_with("ledger.db") || record.name.ends_with("-shm") {
            return;
        }
        let file = self.files.entry(record.name.clone()).or_default();
        let at = usize::try_from(record.offset).unwrap();
        match record.kind {
            b'W' => file.since.push(Change::Written(at, record.data.clone())),
            b'T' => file.since.push(Change::Truncated(at)),
            b'U' => file.unlinked = true,
            b'B' => file.syncing = file.since.len(),
            b'S' => {
                for change in file.since.drain(..std::mem::take(&mut file.syncing)) {
                    change.apply(&mut file.synced);
                }
            }
            _ => {}
        }
    }

    /// What may be on it when the power comes back: what was synced; all of the rest, too; and
    /// parts of it.
    pub fn after_a_failure(&self, seed: u64) -> Vec<BTreeMap<String, Vec<u8>>> {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let none = self.with(|_| false);
        let all = self.with(|_| true);
        let half = self.with(|_| dice.roll().is_multiple_of(2));
        let most = self.with(|_| !dice.roll().is_multiple_of(8));
        vec![none, all, half, most]
    }

    fn with(&self, mut kept: impl FnMut(&Change) -> bool) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for (name, file) in &self.files {
            let mut name_is_there = file.named || kept(&Change::Truncated(0));
            name_is_there &= !(file.unlinked && kept(&Change::Truncated(0)));
            if !name_is_there {
                continue;
            }
            let mut content = file.synced.clone();
            for change in file.since.iter().flat_map(Change::torn) {
                if kept(&change) {
                    change.apply(&mut content);
                }
            }
            files.insert(name.clone(), content);
        }
        files
    }
}

/// Xorshift: the same dice each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }
}
