//! The view as plain text, once: for scripts, mails and dumb terminals.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::sleep;

use super::panel::{Panel, Tone};
use super::reading::Reading;
use super::source::{Source, SourceError};
use super::{panels, view};

/// Labels are filled up to this (characters).
const LABEL_WIDTH: usize = 40;

/// Fetches two pages, an interval apart, and writes what they say.
///
/// # Errors
/// The outer one: `out` cannot be written. The inner one: there is no page.
pub async fn once(
    source: &Source,
    interval: Duration,
    out: &mut dyn Write,
) -> io::Result<Result<(), SourceError>> {
    let reading = async {
        let earlier = source.scrape().await?;
        sleep(interval).await;
        let later = source.scrape().await?;
        Ok::<_, SourceError>(Reading::new(&earlier, &later))
    };
    match reading.await {
        Ok(reading) => {
            out.write_all(text(&reading, source).as_bytes())?;
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(error)),
    }
}

pub(super) fn text(reading: &Reading, source: &Source) -> String {
    let mut text = format!("{}\n", view::headline(reading, source));
    for panel in panels::all(reading) {
        write_panel(&mut text, &panel);
    }
    text
}

fn write_panel(text: &mut String, panel: &Panel) {
    text.push_str(&format!("\n{}\n", panel.title));
    for row in &panel.rows {
        // What a terminal says by colours.
        let mark = match row.tone {
            Tone::Plain | Tone::Quiet => ' ',
            Tone::Warning => '*',
            Tone::Alarm => '!',
        };
        let line = format!("{mark} {:<LABEL_WIDTH$} {}", row.label, row.value);
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
