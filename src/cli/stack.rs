//! A gateway in front of a sandbox, in this process, with keys made on the spot.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::acceptor::Address;
use crate::app::{self, App, AppError, Prepared, Room};
use crate::config::{Config, Problems, Sources, Survey};
use crate::observe::{Nobody, Observer};
use crate::sandbox::kit::{Kit, KitError};
use crate::sandbox::{self, Post, Posts, Sandbox, SandboxError};
use crate::upi::{BaseUrl, Flaw};
use crate::verify::port::SystemClock;

/// A part that runs in a task of its own until it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts the part; `run` gets the future that tells it to stop.
    fn start<F>(run: impl FnOnce(BoxFuture<'static, ()>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        // A dropped sender says the same.
        let task = tokio::spawn(run(stopped.map(drop).boxed()));
        Self { stop, task }
    }

    async fn stop(self) {
        // A part that has ended already needs no signal.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// A running sandbox and the keys of both sides.
pub(super) struct Sandboxed {
    pub(super) url: BaseUrl,
    kit: Kit,
    posts: Posts,
    running: Running,
}

impl Sandboxed {
    /// File descriptors of an order: both ends of its connection are in this process.
    pub(super) const EACH_ORDER: usize = 2;

    /// Starts a sandbox that expects what the gateway will send, on a free port.
    pub(super) async fn start(
        prepared: &Prepared,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StackError> {
        let kit = Kit::generate()?;
        let settings = settings(&prepared.config, (Ipv4Addr::LOCALHOST, 0).into(), false);
        let sandbox = Sandbox::bind(settings, &kit.upi()?, Arc::new(SystemClock), observer).await?;
        Ok(Self {
            url: BaseUrl::parse(&format!("http://{}", sandbox.local_addr()))?,
            kit,
            posts: sandbox.posts(),
            running: Running::start(|stopped| sandbox.run(stopped)),
        })
    }

    pub(super) async fn gateway(
        &self,
        prepared: &Prepared,
        room: Room,
        observer: Arc<dyn Observer>,
    ) -> Result<App, StackError> {
        let route = prepared.sandbox_route(self.url.clone());
        Ok(App::open(prepared, room, route, &self.kit.participant()?, observer).await?)
    }

    pub(super) async fn stop(self) {
        self.running.stop().await;
    }
}

/// Both, running.
pub(super) struct Stack {
    pub(super) upi: String,
    pub(super) gateway: Address,
    upstream: Sandboxed,
    running: Running,
}

#[derive(Debug, thiserror::Error)]
pub enum StackError {
    #[error("bad configuration\n{0}")]
    Config(#[from] Problems),
    #[error("the sandbox's keys cannot be made")]
    Kit(#[from] KitError),
    #[error("the sandbox does not start")]
    Sandbox(#[from] SandboxError),
    #[error("the sandbox's address cannot be used")]
    Address(#[from] Flaw),
    #[error("the gateway does not start")]
    Gateway(#[from] AppError),
}

impl Stack {
    /// Starts both on free ports of loopback, by the defaults and nothing else.
    pub(super) async fn sandboxed() -> Result<Self, StackError> {
        let mut prepared = prepare_sandboxed()?;
        prepared.config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into();
        let upstream = Sandboxed::start(&prepared, Arc::new(Nobody)).await?;
        let room = Room::find(&prepared.config.server, Sandboxed::EACH_ORDER);
        let app = upstream.gateway(&prepared, room, Arc::new(Nobody)).await?;
        Ok(Self {
            upi: upstream.url.as_str().to_owned(),
            gateway: app.local_addr(),
            upstream,
            running: Running::start(|stopped| app.run_unwatched(stopped)),
        })
    }

    pub(super) fn last_post(&self, order_id: &str) -> Option<Post> {
        self.upstream.posts.of(order_id)
    }

    /// Stops both, the gateway first.
    pub(super) async fn stop(self) {
        self.running.stop().await;
        self.upstream.stop().await;
    }
}

/// Of a sandbox that expects what a gateway with this configuration sends.
pub(super) fn settings(
    config: &Config,
    listen: SocketAddr,
    allow_non_loopback: bool,
) -> sandbox::Settings {
    sandbox::Settings {
        listen,
        allow_non_loopback,
        app_id: config.upi.app_id.to_string(),
        request_path: config.upi.request_path.to_string(),
        clock_window: config.upi.clock_window,
        photo_placement: config.upi.photo_placement,
        rules: config.rules(),
    }
}

fn prepare_sandboxed() -> Result<Prepared, Problems> {
    let sources = Sources {
        sandboxed: true,
        ..Sources::default()
    };
    app::prepare(&Survey::of(&sources)).outcome
}
