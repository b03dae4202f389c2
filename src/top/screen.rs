//! The terminal: taken over, listened to, and given back.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{MissedTickBehavior, interval};

use super::reading::{Reading, Scrape};
use super::source::{Source, SourceError};
use super::view::Display;
use crate::shutdown;

/// How soon the thread that waits for keys sees that nobody wants them any more.
const ATTENTION: Duration = Duration::from_millis(100);

/// Keys that nobody has taken yet.
const MOST_EVENTS: usize = 16;

/// Why there is no live view.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// There is no page at the start; later the last one stays.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used")]
    Terminal(#[from] io::Error),
}

/// Shows the gateway until the user quits.
///
/// # Errors
/// There is no page at the start, or no terminal.
pub async fn live(source: Source, period: Duration) -> Result<(), ScreenError> {
    let first = source.scrape().await?;
    // Before the terminal is taken over: a signal has to give it back.
    let stopped = shutdown::signal();
    let mut terminal = ratatui::try_init()?;
    let shown = tokio::select! {
        shown = show(&mut terminal, source, first, period) => shown,
        () = stopped => Ok(()),
    };
    ratatui::try_restore()?;
    Ok(shown?)
}

async fn show(
    terminal: &mut DefaultTerminal,
    source: Source,
    first: Scrape,
    period: Duration,
) -> io::Result<()> {
    let mut display = Display::new(source);
    let mut latest = first;
    let mut events = listen();
    let mut pages = scrape(display.source.clone(), period);
    loop {
        terminal.draw(|frame| display.draw(frame))?;
        tokio::select! {
            event = events.recv() => match event {
                Some(event) if answer(&event).is_continue() => {}
                _ => return Ok(()),
            },
            Some(page) = pages.recv() => match page {
                Ok(page) => {
                    display.update(Reading::new(&latest, &page));
                    latest = page;
                }
                Err(error) => display.trouble = Some(error.to_string()),
            },
        }
    }
}

/// Pages, from a task of their own, so that no key disturbs one on its way.
fn scrape(source: Source, period: Duration) -> Receiver<Result<Scrape, SourceError>> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once, and the first page is there.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            if sender.send(source.scrape().await).await.is_err() {
                return;
            }
        }
    });
    receiver
}

fn answer(event: &Event) -> ControlFlow<()> {
    let Event::Key(key) = event else {
        return ControlFlow::Continue(());
    };
    let interrupt = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        _ if key.kind == KeyEventKind::Release => ControlFlow::Continue(()),
        KeyCode::Char('q') | KeyCode::Esc => ControlFlow::Break(()),
        KeyCode::Char('c') if interrupt => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

/// Keys and changes of the size, from a thread of their own: reading them blocks.
fn listen() -> Receiver<Event> {
    let (sender, receiver) = channel(MOST_EVENTS);
    tokio::task::spawn_blocking(move || forward(&sender));
    receiver
}

fn forward(sender: &Sender<Event>) {
    while !sender.is_closed() {
        let event = match event::poll(ATTENTION) {
            Ok(true) => event::read(),
            Ok(false) => continue,
            Err(error) => Err(error),
        };
        // Without a terminal there are no more events; the receiver sees that, too.
        let Ok(event) = event else { return };
        if sender.blocking_send(event).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

    use super::answer;

    #[test]
    fn q_escape_and_control_c_quit_and_nothing_else() {
        let quits =
            |code, modifiers| answer(&Event::Key(KeyEvent::new(code, modifiers))).is_break();
        assert!(quits(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(quits(KeyCode::Esc, KeyModifiers::NONE));
        assert!(quits(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!quits(KeyCode::Char('c'), KeyModifiers::NONE));
        assert!(!quits(KeyCode::Enter, KeyModifiers::NONE));
        assert!(answer(&Event::Resize(80, 24)).is_continue());
    }
}
