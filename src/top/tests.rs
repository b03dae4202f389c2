//! The views of two pages of a made-up gateway, two seconds apart.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use tokio::time::Instant;

use super::exposition::Samples;
use super::panel::Tone;
use super::reading::{Reading, Scrape};
use super::source::Source;
use super::view::Display;
use super::{panels, plain};
use crate::telemetry::metrics::table::CALL_DURATION;

const EARLIER: &str = include_str!("tests/earlier.prom");
const LATER: &str = include_str!("tests/later.prom");

fn source() -> Source {
    "http://127.0.0.1:9464".parse().unwrap()
}

fn reading_of(earlier: &str, later: &str) -> Reading {
    let taken = Instant::now();
    let earlier = Scrape {
        samples: Samples::parse(earlier),
        taken,
    };
    let later = Scrape {
        samples: Samples::parse(later),
        taken: taken + Duration::from_secs(2),
    };
    Reading::new(&earlier, &later)
}

fn reading() -> Reading {
    reading_of(EARLIER, LATER)
}

fn drawn(display: &Display, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| display.draw(frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn lines(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content().chunks(width);
    rows.map(|row| {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        format!("{}\n", line.trim_end())
    })
    .collect()
}

/// The colour in which a text begins.
fn colour(buffer: &Buffer, text: &str) -> Color {
    let lines = lines(buffer);
    let (y, line) = lines
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(text))
        .unwrap_or_else(|| panic!("no {text} in\n{lines}"));
    let x = line.split(text).next().unwrap().chars().count();
    buffer[(x.try_into().unwrap(), y.try_into().unwrap())].fg
}

fn display() -> Display {
    let mut display = Display::new(source());
    display.update(reading());
    display
}

#[test]
fn the_live_view_shows_everything_at_once() {
    let shown = lines(&drawn(&display(), 120, 30));
    assert_eq!(shown, include_str!("tests/live.txt"), "it is:\n{shown}");
}

#[test]
fn the_plain_view_shows_the_same() {
    let shown = plain::text(&reading(), &source());
    assert_eq!(shown, include_str!("tests/plain.txt"), "it is:\n{shown}");
}

#[test]
fn what_needs_attention_has_a_colour() {
    let buffer = drawn(&display(), 120, 30);
    assert_eq!(colour(&buffer, "outcome unknown"), Color::Red);
    assert_eq!(colour(&buffer, "verification 1500000003"), Color::Red);
    assert_eq!(colour(&buffer, "verification 1500000001"), Color::Red);
    assert_eq!(colour(&buffer, "encryption 1500000002"), Color::Yellow);
    assert_eq!(colour(&buffer, "signing 1555570302"), Color::Reset);
    assert_eq!(colour(&buffer, "UPI's clock"), Color::Yellow);
    assert_eq!(colour(&buffer, "telemetry lost"), Color::Yellow);
    // Nothing is wrong in the earlier page but certificates and clock.
    let mut calm = Display::new(source());
    calm.update(reading_of(EARLIER, EARLIER));
    let buffer = drawn(&calm, 120, 30);
    assert_eq!(colour(&buffer, "outcome unknown"), Color::Reset);
    assert_eq!(colour(&buffer, "telemetry lost"), Color::Reset);
}

#[test]
fn panels_that_are_cut_off_are_told() {
    let told = |height| lines(&drawn(&display(), 120, height)).contains("cut off");
    assert!(!told(21));
    assert!(told(20));
    let shown = lines(&drawn(&display(), 80, 24));
    let sign = " q quits  panels cut off for want of room: 1";
    assert_eq!(shown.lines().last(), Some(sign), "it is:\n{shown}");
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    for (width, height) in [(1, 1), (5, 3), (38, 8), (79, 24), (200, 60), (500, 2)] {
        drawn(&display(), width, height);
        drawn(&Display::new(source()), width, height);
    }
}

#[test]
fn a_gateway_that_went_away_is_told_and_the_last_view_stays() {
    let mut display = display();
    display.trouble = Some("the admin port cannot be reached".to_owned());
    let shown = lines(&drawn(&display, 140, 30));
    assert!(
        shown.contains("cannot be reached; this is the last"),
        "{shown}"
    );
    assert!(shown.contains("COMPARED"), "{shown}");
}

#[test]
fn a_page_without_metrics_or_full_of_nonsense_is_shown_as_such() {
    for page in [
        "",
        "up 1\n",
        "idphoto_orders_active NaN\nidphoto_orders_limit -1\nidphoto_confidence_bucket{le=\"x\"} 1\n\
         idphoto_confidence_bucket{le=\"+Inf\"} NaN\nprocess_uptime_seconds -5\n\
         idphoto_key_expiry_seconds NaN\nrpc_server_call_duration_seconds_bucket{le=\"-Inf\"} 5\n\
         rpc_server_call_duration_seconds_count NaN\nidphoto_answers_total{category=\"A\"} +Inf\n",
    ] {
        let mut display = Display::new(source());
        display.update(reading_of("", page));
        drawn(&display, 120, 30);
        let shown = plain::text(&reading_of("", page), &source());
        let ours = page.starts_with("idphoto");
        assert_eq!(shown.contains("no metrics of a gateway"), !ours, "{shown}");
    }
}

#[test]
fn percentiles_rates_and_growth_are_of_the_interval() {
    let reading = reading();
    assert!((reading.rate() - 20.5).abs() < 1e-9);
    let recent = reading.recent(&CALL_DURATION);
    assert!((recent.count() - 41.0).abs() < 1e-9);
    assert!((recent.quantile(0.95).unwrap() - 0.9487).abs() < 1e-3);
    assert!((reading.cpu().unwrap() - 0.375).abs() < 1e-9);
    let tones: Vec<_> = panels::all(&reading)
        .into_iter()
        .flat_map(|panel| panel.rows)
        .filter(|row| row.tone == Tone::Alarm)
        .map(|row| row.label)
        .collect();
    let alarms = [
        "outcome unknown",
        "verification 1500000003",
        "verification 1500000001",
    ];
    assert_eq!(tones, alarms);
}
