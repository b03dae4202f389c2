//! An input as a sequence of small decisions.

/// What is left of an input. Bytes that are not there are zero.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of it.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// Two bytes, the larger one first.
    pub fn short(&mut self) -> usize {
        usize::from(u16::from_be_bytes([self.byte(), self.byte()]))
    }

    /// All up to a line feed, which goes, too.
    pub fn line(&mut self) -> &'a [u8] {
        let mut parts = self.0.splitn(2, |byte| *byte == b'\n');
        let line = parts.next().unwrap_or_default();
        self.0 = parts.next().unwrap_or_default();
        line
    }

    /// The same as text, as far as it is one.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).into_owned()
    }

    /// Everything that is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Changes a good value by what is left: each step is a place and a byte, and removes,
    /// inserts or exchanges one.
    #[must_use]
    pub fn spoil(mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        while !self.is_empty() && !bytes.is_empty() {
            let step = self.byte();
            let at = self.short() % bytes.len();
            match step % 4 {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, self.byte()),
                2 => bytes.truncate(at),
                _ => bytes[at] = self.byte(),
            }
        }
        bytes
    }
}
