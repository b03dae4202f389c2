//! The view on a terminal.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Gauge, Sparkline};

use super::panel::{Panel, Row, Tone};
use super::reading::Reading;
use super::source::Source;
use super::{panels, words};
use crate::telemetry::metrics::table::{ORDERS_ACTIVE, ORDERS_LIMIT};

/// A panel needs this much to be read (columns).
const PANEL_WIDTH: u16 = 38;
const MOST_COLUMNS: u16 = 3;

/// Of the graphs above the panels, with their frames.
const GRAPHS_HEIGHT: u16 = 5;
/// Rates that are remembered: more than a terminal is wide.
const MOST_RATES: usize = 400;

pub(super) struct Display {
    pub(super) source: Source,
    pub(super) reading: Option<Reading>,
    /// Why there is no newer reading.
    pub(super) trouble: Option<String>,
    rates: VecDeque<f64>,
}

impl Display {
    pub(super) const fn new(source: Source) -> Self {
        Self {
            source,
            reading: None,
            trouble: None,
            rates: VecDeque::new(),
        }
    }

    pub(super) fn update(&mut self, reading: Reading) {
        self.rates.push_back(reading.rate());
        if self.rates.len() > MOST_RATES {
            self.rates.pop_front();
        }
        self.reading = Some(reading);
        self.trouble = None;
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let [head, graphs, body, foot] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(GRAPHS_HEIGHT),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        frame.render_widget(self.head(), head);
        let mut last = Line::styled(" q quits", colour(Tone::Quiet));
        if let Some(reading) = &self.reading {
            let halves = [Constraint::Fill(2), Constraint::Fill(1)];
            let [left, right] = Layout::horizontal(halves).areas(graphs);
            self.draw_rates(frame, left, reading);
            draw_fill(frame, right, reading);
            let cut = draw_panels(frame, body, &panels::all(reading));
            if cut > 0 {
                let told = format!("  panels cut off for want of room: {cut}");
                last.push_span(Span::styled(told, colour(Tone::Warning)));
            }
        } else {
            let text = " the first reading comes after one interval";
            frame.render_widget(Line::from(text), body);
        }
        frame.render_widget(last, foot);
    }

    fn head(&self) -> Line<'static> {
        let text = match &self.reading {
            Some(reading) => headline(reading, &self.source),
            None => format!("idphoto at {}", self.source),
        };
        let mut line = Line::from(vec![Span::styled(
            format!(" {text}"),
            Style::new().add_modifier(Modifier::BOLD),
        )]);
        if let Some(trouble) = &self.trouble {
            line.push_span(Span::styled(
                format!("  {trouble}; this is the last that was seen"),
                colour(Tone::Alarm),
            ));
        }
        line
    }

    fn draw_rates(&self, frame: &mut Frame<'_>, area: Rect, reading: &Reading) {
        let title = format!(" calls {} ", words::rate(reading.rate()));
        let width = usize::from(area.width.saturating_sub(2));
        let skipped = self.rates.len().saturating_sub(width);
        // In tenths, so that a few calls are seen, too.
        let bars = self.rates.iter().skip(skipped).map(|rate| tenths(*rate));
        let graph = Sparkline::default()
            .block(framed(title))
            .style(Style::new().fg(Color::Cyan))
            .data(bars.collect::<Vec<_>>());
        frame.render_widget(graph, area);
    }
}

/// Where, what and since when.
pub(super) fn headline(reading: &Reading, source: &Source) -> String {
    let mut text = String::from("idphoto");
    if let Some(version) = reading.version() {
        text.push_str(&format!(" {version}"));
    }
    text.push_str(&format!(" at {source}"));
    if let Some(uptime) = reading.uptime() {
        text.push_str(&format!(", up {}", words::period(uptime.as_secs_f64())));
    }
    if !reading.is_ours() {
        text.push_str(", which shows no metrics of a gateway");
    }
    text
}

fn draw_fill(frame: &mut Frame<'_>, area: Rect, reading: &Reading) {
    let active = reading.value(&ORDERS_ACTIVE);
    let (fill, label) = match (active, reading.value(&ORDERS_LIMIT)) {
        (Some(active), Some(limit)) if limit > 0.0 => (
            (active / limit).clamp(0.0, 1.0),
            format!("{} of {}", words::count(active), words::count(limit)),
        ),
        _ => (0.0, words::NOTHING.to_owned()),
    };
    let gauge = Gauge::default()
        .block(framed(" in flight, of limit ".to_owned()))
        .gauge_style(Style::new().fg(Color::Cyan))
        .label(label)
        // NaN would end the drawing.
        .ratio(if fill.is_finite() { fill } else { 0.0 });
    frame.render_widget(gauge, area);
}

/// Each panel goes to the column that is shortest so far. Returns how many were not drawn whole.
fn draw_panels(frame: &mut Frame<'_>, area: Rect, panels: &[Panel]) -> usize {
    let mut cut = 0;
    let columns = (area.width / PANEL_WIDTH).clamp(1, MOST_COLUMNS);
    let areas = Layout::horizontal(vec![Constraint::Fill(1); usize::from(columns)]).split(area);
    let mut columns: Vec<(Rect, u16)> = areas.iter().map(|area| (*area, 0)).collect();
    for panel in panels {
        let Some((column, used)) = columns.iter_mut().min_by_key(|(_, used)| *used) else {
            return panels.len();
        };
        let rows = u16::try_from(panel.rows.len()).unwrap_or(u16::MAX);
        let height = rows.saturating_add(2);
        let below = Rect {
            y: column.y.saturating_add(*used),
            height,
            ..*column
        };
        let visible = below.intersection(*column);
        // An empty one may lie outside of the terminal, where nothing may be drawn.
        if !visible.is_empty() {
            draw_panel(frame, visible, panel);
        }
        cut += usize::from(visible.height < height);
        *used = used.saturating_add(height);
    }
    cut
}

fn draw_panel(frame: &mut Frame<'_>, area: Rect, panel: &Panel) {
    let block = framed(format!(" {} ", panel.title));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    for (row, area) in panel.rows.iter().zip(inner.rows()) {
        draw_row(frame, area, row);
    }
}

/// The value whole, as far as there is room, and the label as far as it leaves any.
fn draw_row(frame: &mut Frame<'_>, area: Rect, row: &Row) {
    let value = Line::styled(row.value.as_str(), colour(row.tone));
    let width = u16::try_from(value.width()).unwrap_or(u16::MAX);
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(width)]).areas(area);
    frame.render_widget(Line::styled(row.label.as_str(), colour(row.tone)), left);
    frame.render_widget(value, right);
}

fn framed(title: String) -> Block<'static> {
    Block::bordered()
        .title(title)
        .border_style(Style::new().fg(Color::DarkGray))
        .title_style(Style::new().fg(Color::Reset))
}

const fn colour(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Quiet => Style::new().fg(Color::DarkGray),
        Tone::Warning => Style::new().fg(Color::Yellow),
        Tone::Alarm => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
    }
}

fn tenths(rate: f64) -> u64 {
    // Saturates, and makes 0 of what is no number.
    (rate * 10.0) as u64
}
