//! The thread that looks orders up: one step of every call, so it has a connection of its own, and
//! never waits for one that writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::book::Book;
use super::connection;
use super::error::{Gone, breaks_connection, failed};
use super::orders;
use crate::domain::OrderId;
use crate::verify::port::{LedgerError, Record};

/// So many are taken at once.
const BATCH: usize = 64;

type Found = Result<Option<Record>, LedgerError>;

/// Who wants to know about an order.
struct Question {
    order_id: OrderId,
    reply: oneshot::Sender<Found>,
}

/// The way to the thread, which ends with this.
pub(super) struct Reader {
    questions: Option<mpsc::UnboundedSender<Question>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread.
    pub fn start(
        (file, wait): (PathBuf, Duration),
        connection: Connection,
        book: Arc<Book>,
    ) -> std::io::Result<Self> {
        let (questions, waiting) = mpsc::unbounded_channel();
        let mut clerk = Clerk {
            file,
            wait,
            book,
            connection: Some(connection),
        };
        let thread = thread::Builder::new().name("ledger-reader".to_owned());
        let thread = thread.spawn(move || clerk.work(waiting))?;
        Ok(Self {
            questions: Some(questions),
            thread: Some(thread),
        })
    }

    /// An order as it stands on disk.
    pub async fn find(&self, order_id: OrderId) -> Found {
        let (reply, answer) = oneshot::channel();
        let question = Question { order_id, reply };
        let questions = self.questions.as_ref().ok_or_else(|| failed(Gone))?;
        questions.send(question).map_err(|_| failed(Gone))?;
        answer.await.unwrap_or_else(|_| Err(failed(Gone)))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so itself.
            let _ = thread.join();
        }
    }
}

struct Clerk {
    file: PathBuf,
    wait: Duration,
    book: Arc<Book>,
    connection: Option<Connection>,
}

impl Clerk {
    fn work(&mut self, mut waiting: mpsc::UnboundedReceiver<Question>) {
        let mut questions = Vec::with_capacity(BATCH);
        while waiting.blocking_recv_many(&mut questions, BATCH) > 0 {
            for Question { order_id, reply } in questions.drain(..) {
                if !reply.is_closed() {
                    // Who asked may have left.
                    let _ = reply.send(self.look_up(&order_id));
                }
            }
        }
    }

    fn look_up(&mut self, order_id: &OrderId) -> Found {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open_to_read(&self.file, self.wait)?,
        };
        let row = orders::find(&connection, &self.book.member, order_id.as_str());
        if !row.as_ref().is_err_and(breaks_connection) {
            self.connection = Some(connection);
        }
        Ok(row?.map(crate::ledger::row::OrderRow::record).transpose()?)
    }
}
