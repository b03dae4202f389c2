//! A gateway under measurement.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::process::{Process, Sandbox};

static STARTED: AtomicUsize = AtomicUsize::new(0);

pub struct Gateway {
    pub name: String,
    address: String,
    admin: String,
    authority: Option<Certificate>,
    process: Process,
}

impl Gateway {
    /// `command` runs it: another build, perhaps, or on certain processors.
    pub fn run(command: Command, sandbox: &Sandbox, name: String, settings: &[String]) -> Self {
        let configuration = sandbox.configuration();
        let mut args = ["serve", "--listen", "127.0.0.1:0", "--config"]
            .map(str::to_owned)
            .to_vec();
        args.push(configuration.to_str().unwrap().to_owned());
        // The sandbox's configuration names one file, which is for one gateway.
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = sandbox.folder().display();
        let file = format!("ledger.url=sqlite:{folder}/{number}.db");
        let named = settings.iter().any(|it| it.starts_with("ledger.url="));
        for setting in settings.iter().chain((!named).then_some(&file)) {
            args.extend(["--set".to_owned(), setting.clone()]);
        }
        let expected = ["admin listening on ", "gRPC listening on "];
        let (process, [admin, address]) = Process::start(command, &args, expected);
        Self {
            name,
            address,
            admin,
            authority: None,
            process,
        }
    }

    /// Its port speaks TLS, and its certificate says so.
    pub fn trusted_by(self, authority: Certificate) -> Self {
        Self {
            authority: Some(authority),
            ..self
        }
    }

    pub fn endpoint(&self) -> Endpoint {
        let Some(authority) = self.authority.clone() else {
            return Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", self.address)).unwrap();
        let tls = ClientTlsConfig::new().ca_certificate(authority);
        endpoint.tls_config(tls.domain_name("localhost")).unwrap()
    }

    pub async fn connect(&self, connections: usize) -> Vec<Channel> {
        let mut channels = Vec::new();
        for _ in 0..connections {
            channels.push(self.endpoint().connect().await.unwrap());
        }
        channels
    }

    pub fn cpu(&self) -> Duration {
        self.process.cpu()
    }

    /// From now on the peak is that of what comes.
    pub fn forget_peak(&self) {
        self.process.forget_peak();
    }

    /// KiB.
    pub fn peak_memory(&self) -> u64 {
        self.process.memory("VmHWM")
    }

    /// KiB.
    pub fn memory(&self) -> u64 {
        self.process.memory("VmRSS")
    }

    /// What the counters say that no collector got.
    pub async fn lost(&self) -> Vec<String> {
        let page = reqwest::get(format!("{}/metrics", self.admin))
            .await
            .unwrap();
        let page = page.text().await.unwrap();
        let counters = page.lines();
        counters
            .filter_map(|line| line.strip_prefix("idphoto_telemetry_lost_total"))
            .map(str::to_owned)
            .collect()
    }
}
