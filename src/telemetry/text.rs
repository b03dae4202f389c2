//! The log as people read it.

use std::fmt;

use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

const RESET: &str = "\x1b[0m";
const DIMMED: &str = "\x1b[2m";

/// Like the usual form of a line, but that a span is left out when the event has one of its
/// fields: the line at a call's end says itself what the call's span says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let coloured = writer.has_ansi_escapes();
        if coloured {
            writer.write_str(DIMMED)?;
        }
        SystemTime.format_time(&mut writer)?;
        if coloured {
            writer.write_str(RESET)?;
        }
        write_level(&mut writer, *metadata.level())?;
        let mut in_span = false;
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if repeats(metadata, span.metadata()) {
                continue;
            }
            in_span = true;
            writer.write_str(span.metadata().name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(writer, "{{{fields}}}")?;
            }
            writer.write_char(':')?;
        }
        if in_span {
            writer.write_char(' ')?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

fn repeats(event: &Metadata<'_>, span: &Metadata<'_>) -> bool {
    let mut fields = span.fields().iter();
    fields.any(|field| event.fields().field(field.name()).is_some())
}

fn write_level(writer: &mut Writer<'_>, level: Level) -> fmt::Result {
    if !writer.has_ansi_escapes() {
        return write!(writer, " {level:>5} ");
    }
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    };
    write!(writer, " \x1b[{colour}m{level:>5}{RESET} ")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;

    use super::Text;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(ansi: bool, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = fmt::fmt()
            .with_ansi(ansi)
            .event_format(Text)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn fields_that_span_and_event_have_are_written_once() {
        let text = written(false, || {
            let span = tracing::info_span!("rpc", rpc.method = "x/Y", order_id = "7", more = 1);
            let _entered = span.enter();
            tracing::info!(
                rpc.method = "x/Y",
                order_id = "7",
                code = "OK",
                "call ended"
            );
        });
        assert_eq!(text.matches("rpc.method=\"x/Y\"").count(), 1, "{text}");
        assert_eq!(text.matches("order_id=\"7\"").count(), 1, "{text}");
        assert!(text.contains("  INFO call ended rpc.method"), "{text}");
    }

    #[test]
    fn an_event_that_says_nothing_of_its_span_stands_behind_it() {
        let text = written(false, || {
            let span = tracing::info_span!("rpc", rpc.method = "x/Y");
            let _entered = span.enter();
            tracing::warn!("late");
        });
        assert!(
            text.contains("  WARN rpc{rpc.method=\"x/Y\"}: late"),
            "{text}"
        );
    }

    #[test]
    fn colours_are_for_terminals() {
        let log = || tracing::error!(code = "OK", "text");
        assert!(written(true, log).contains('\x1b'));
        assert!(!written(false, log).contains('\x1b'));
    }
}
