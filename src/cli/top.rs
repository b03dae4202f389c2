//! `idphoto top`: a gateway at a glance.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use super::exit::Exit;
use super::input;
use crate::top::{self, ScreenError, Source};

/// Below, the view would only flicker; above, nobody would wait.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(200)..=Duration::from_secs(60 * 60);

/// Watch a gateway: rate, latency, answers, errors, certificates; from its admin port
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the gateway's admin port is (admin.listen)
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9464")]
    admin: Source,
    /// Time between two looks, 200ms to 1h
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = interval)]
    interval: Duration,
    /// Print one view as plain text after one interval, and exit; so it does without a terminal
    #[arg(long)]
    once: bool,
}

pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let shown = if args.once || !io::stdout().is_terminal() {
        let shown = top::once(&args.admin, args.interval, out).await?;
        shown.map_err(ScreenError::Source)
    } else {
        top::live(args.admin, args.interval).await
    };
    input::ended(shown, |error| match error {
        ScreenError::Source(_) => Exit::Unavailable,
        ScreenError::Terminal(_) => Exit::Files,
    })
}

fn interval(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text)
        .ok()
        .filter(|duration| INTERVALS.contains(duration))
        .ok_or("expected 200ms to 1h, such as 2s")
}
