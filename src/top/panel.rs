//! What is shown, whatever shows it.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) tone: Tone,
}

/// How much a row should disturb whoever looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Nothing happened there.
    Quiet,
    /// Look at it within days.
    Warning,
    /// Look at it now.
    Alarm,
}

impl Panel {
    pub(super) const fn new(title: &'static str, rows: Vec<Row>) -> Self {
        Self { title, rows }
    }
}

impl Row {
    pub(super) fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            tone: Tone::Plain,
        }
    }

    pub(super) const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}
