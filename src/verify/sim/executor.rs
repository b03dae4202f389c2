//! Runs the tasks of simulated processes: which one goes next comes from the seed, a process can be
//! killed or frozen between any two of its steps, and the clock moves when nothing can run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use super::rng::Rng;

/// A simulated process.
pub type Pid = u32;

/// The process that is never killed: the world around the gateways.
pub const WORLD: Pid = 0;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Names a task.
pub type TaskId = u64;

thread_local! {
    static CURRENT: RefCell<Option<(Arc<Executor>, Pid)>> = const { RefCell::new(None) };
}

/// In a simulation a task of the process that spawns it; elsewhere one of tokio's.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    match CURRENT.with_borrow(Clone::clone) {
        Some((executor, process)) => drop(executor.spawn(process, future)),
        None => drop(tokio::spawn(future)),
    }
}

#[derive(Default)]
struct Processes {
    dead: BTreeSet<Pid>,
    frozen: BTreeSet<Pid>,
    /// After so many more steps it is killed.
    doomed: BTreeMap<Pid, u32>,
}

/// The tasks that can run are a set: in which order they were woken does not matter, since tokio
/// wakes in an order of its own.
#[derive(Default)]
struct Ready {
    tasks: BTreeSet<TaskId>,
    root: Option<Waker>,
}

pub struct Executor {
    tasks: Mutex<BTreeMap<TaskId, (Pid, Option<Task>)>>,
    processes: Mutex<Processes>,
    ready: Arc<Mutex<Ready>>,
    rng: Mutex<Rng>,
    next: Mutex<TaskId>,
}

struct Woken {
    task: TaskId,
    ready: Arc<Mutex<Ready>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap();
        ready.tasks.insert(self.task);
        if let Some(root) = ready.root.take() {
            root.wake();
        }
    }
}

impl Executor {
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            tasks: Mutex::default(),
            processes: Mutex::default(),
            ready: Arc::default(),
            rng: Mutex::new(Rng::new(seed)),
            next: Mutex::default(),
        })
    }

    /// Adds a task to a process; one that is dead runs nothing.
    pub fn spawn(&self, process: Pid, future: impl Future<Output = ()> + Send + 'static) -> TaskId {
        let mut next = self.next.lock().unwrap();
        *next += 1;
        if !self.is_dead(process) {
            let task: Task = Box::pin(future);
            self.tasks
                .lock()
                .unwrap()
                .insert(*next, (process, Some(task)));
            self.waker(*next).wake();
        }
        *next
    }

    /// Drops a task between two of its steps.
    pub fn abort(&self, task: TaskId) {
        // Outside of the lock: what it drops may wake others.
        let gone = self.tasks.lock().unwrap().remove(&task);
        drop(gone);
    }

    /// Drops all tasks of a process.
    pub fn kill(&self, process: Pid) {
        self.processes.lock().unwrap().dead.insert(process);
        let mut tasks = self.tasks.lock().unwrap();
        let gone: Vec<_> = tasks.extract_if(.., |_, (of, _)| *of == process).collect();
        drop(tasks);
        drop(gone);
    }

    /// Kills a process after so many more of its steps.
    pub fn doom(&self, process: Pid, steps: u32) {
        self.processes.lock().unwrap().doomed.insert(process, steps);
    }

    pub fn is_dead(&self, process: Pid) -> bool {
        self.processes.lock().unwrap().dead.contains(&process)
    }

    pub fn freeze(&self, process: Pid) {
        self.processes.lock().unwrap().frozen.insert(process);
    }

    pub fn thaw(&self, process: Pid) {
        self.processes.lock().unwrap().frozen.remove(&process);
        if let Some(root) = self.ready.lock().unwrap().root.take() {
            root.wake();
        }
    }

    /// Tasks that a process has.
    pub fn count(&self, process: Pid) -> usize {
        let tasks = self.tasks.lock().unwrap();
        tasks.values().filter(|(of, _)| *of == process).count()
    }

    /// Runs a task of the world, and all others, until that one ends.
    pub async fn run(self: &Arc<Self>, main: impl Future<Output = ()> + Send + 'static) {
        let main = self.spawn(WORLD, main);
        let all = poll_fn(|cx| {
            self.ready.lock().unwrap().root = Some(cx.waker().clone());
            while let Some(task) = self.choose() {
                self.step(task);
                if !self.tasks.lock().unwrap().contains_key(&main) {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        });
        // The budget of a task of tokio's is not meant for all tasks of several processes.
        tokio::task::coop::unconstrained(all).await;
    }

    fn waker(&self, task: TaskId) -> Waker {
        let ready = Arc::clone(&self.ready);
        Arc::new(Woken { task, ready }).into()
    }

    /// One of the tasks that can run.
    fn choose(&self) -> Option<TaskId> {
        let tasks = self.tasks.lock().unwrap();
        let processes = self.processes.lock().unwrap();
        let mut ready = self.ready.lock().unwrap();
        ready.tasks.retain(|task| tasks.contains_key(task));
        let runs = |task: &&TaskId| !processes.frozen.contains(&tasks[*task].0);
        let able = ready.tasks.iter().filter(runs).count();
        if able == 0 {
            return None;
        }
        let chosen = self.rng.lock().unwrap().index(able);
        let chosen = *ready.tasks.iter().filter(runs).nth(chosen)?;
        ready.tasks.remove(&chosen);
        Some(chosen)
    }

    fn step(self: &Arc<Self>, id: TaskId) {
        let Some((process, task)) = self.take(id) else {
            return;
        };
        let Some(mut task) = task else { return };
        if self.is_due(process) {
            self.kill(process);
            return;
        }
        let was = CURRENT.replace(Some((Arc::clone(self), process)));
        let polled = task
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker(id)));
        CURRENT.set(was);
        let mut tasks = self.tasks.lock().unwrap();
        if polled.is_ready() {
            tasks.remove(&id);
        } else if let Some(place) = tasks.get_mut(&id) {
            place.1 = Some(task);
            return;
        }
        drop(tasks);
    }

    fn take(&self, id: TaskId) -> Option<(Pid, Option<Task>)> {
        let mut tasks = self.tasks.lock().unwrap();
        tasks
            .get_mut(&id)
            .map(|(process, task)| (*process, task.take()))
    }

    /// Whether a process that is doomed has come to its last step.
    fn is_due(&self, process: Pid) -> bool {
        let mut processes = self.processes.lock().unwrap();
        let Some(left) = processes.doomed.get_mut(&process) else {
            return false;
        };
        *left = left.saturating_sub(1);
        *left == 0
    }
}
