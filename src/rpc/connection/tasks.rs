//! The tasks of a connection's streams. What is answered already needs none: when most calls are
//! turned away, a task for each would only take time of those that can be served.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use hyper::rt::Executor;

/// Runs the streams of one connection. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks {
    answered: Arc<AtomicBool>,
}

impl Tasks {
    /// The next stream, which hyper gives as soon as it has the future of its answer, has its answer.
    pub(super) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        if !self.answered.swap(false, Ordering::Relaxed) {
            tokio::spawn(stream);
            return;
        }
        let mut stream = Box::pin(stream);
        if !ends_at_once(stream.as_mut()) {
            tokio::spawn(stream);
        }
    }
}

/// If not, whoever polls it next is woken.
fn ends_at_once<F: Future>(stream: Pin<&mut F>) -> bool {
    stream
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    /// A stream that is over when `gate` opens, and counts that.
    fn stream(
        gate: oneshot::Receiver<()>,
        ended: &Arc<AtomicU32>,
    ) -> impl Future<Output = ()> + use<> {
        let ended = Arc::clone(ended);
        async move {
            gate.await.unwrap();
            ended.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn a_stream_that_has_its_answer_is_over_at_once_and_others_have_a_task() {
        let (tasks, ended) = (Tasks::default(), Arc::default());
        for expected in [1, 2] {
            let [(open, one), (open_too, other)] = [(); 2].map(|()| oneshot::channel());
            open.send(()).unwrap();
            open_too.send(()).unwrap();
            tasks.clone().answered();
            tasks.execute(stream(one, &ended));
            assert_eq!(ended.load(Ordering::Relaxed), 2 * expected - 1);
            tasks.execute(stream(other, &ended));
            assert_eq!(ended.load(Ordering::Relaxed), 2 * expected - 1);
            yield_now().await;
            assert_eq!(ended.load(Ordering::Relaxed), 2 * expected);
        }
    }

    #[tokio::test]
    async fn one_that_is_not_over_goes_on_in_a_task() {
        let (tasks, ended) = (Tasks::default(), Arc::default());
        let (open, gate) = oneshot::channel();
        tasks.answered();
        tasks.execute(stream(gate, &ended));
        yield_now().await;
        open.send(()).unwrap();
        yield_now().await;
        assert_eq!(ended.load(Ordering::Relaxed), 1);
    }
}
