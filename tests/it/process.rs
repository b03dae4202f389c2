//! The real binary as a child process, and everything it printed.

use idphoto::pb::VerificationState;
use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};
use tonic::transport::{Channel, Endpoint};

use crate::requests::get;
use crate::wait::{PATIENCE, found, until};

/// A running `idphoto`, killed when it is dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    printed: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

/// `idphoto` with these arguments, and nothing of the environment that could configure it.
/// Without an admin port unless a `--set` asks for one: by default its port is a fixed one.
pub fn idphoto(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idphoto"));
    command.args(args);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("IDPHOTO_") || name.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command.env("IDPHOTO_ADMIN__LISTEN", "none");
    command
}

impl Process {
    pub fn start(args: &[&str]) -> Self {
        Self::run(idphoto(args))
    }

    /// Starts a command that was prepared.
    pub fn run(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        Self::run_apart(command)
    }

    /// The same, and its standard error goes where the command says.
    pub fn run_apart(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::default();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take();
        let both: [Arc<Mutex<Vec<u8>>>; 2] = [Arc::clone(&printed), Arc::clone(&printed)];
        let [out, err] = both;
        let of_stdout = spawn(move || {
            for line in stdout.lines() {
                let Ok(line) = line else { break };
                out.lock()
                    .unwrap()
                    .extend([line.as_bytes(), b"\n"].concat());
                let _ = sender.send(line);
            }
        });
        let of_stderr = spawn(move || {
            let Some(mut stderr) = stderr else { return };
            let mut buffer = [0; 4096];
            while let Ok(length) = stderr.read(&mut buffer)
                && length > 0
            {
                err.lock().unwrap().extend(&buffer[..length]);
            }
        });
        Self {
            child,
            lines,
            printed,
            readers: vec![of_stdout, of_stderr],
        }
    }

    /// The rest of the first line on standard output that begins like this.
    pub fn wait_for(&self, beginning: &str) -> String {
        let told = self.tells(beginning);
        told.unwrap_or_else(|| panic!("no {beginning:?} in {}", self.printed()))
    }

    /// The same; `None` when it ends before, or takes too long.
    pub fn tells(&self, beginning: &str) -> Option<String> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).ok()?;
            if let Some(rest) = line.strip_prefix(beginning) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    /// Everything printed so far, on both streams.
    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned()
    }

    /// Waits until a text is among what was printed.
    pub async fn prints(&self, text: &str) {
        until(text, async || self.printed().contains(text)).await;
    }

    /// Sends a signal by name, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.unwrap().success());
    }

    /// Peak resident memory in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.unwrap().trim().trim_end_matches(" kB");
        kib.parse().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end, and for everything that was printed until then.
    pub fn end(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `idphoto serve --sandbox` on free ports.
pub struct Gateway {
    pub process: Process,
    pub address: String,
    pub upi: String,
}

impl Gateway {
    /// With these settings (`section.key=value`).
    pub fn start(settings: &[&str]) -> Self {
        Self::start_told(settings, &[]).0
    }

    /// The same, and the rest of the lines that begin like these, which come in this order
    /// before the gateway's own.
    pub fn start_told(settings: &[&str], lines: &[&str]) -> (Self, Vec<String>) {
        let mut args = vec!["serve", "--sandbox", "--listen", "127.0.0.1:0"];
        for setting in settings {
            args.extend(["--set", setting]);
        }
        let process = Process::start(&args);
        let upi = process.wait_for("sandbox listening on ");
        let told = lines.iter().map(|line| process.wait_for(line)).collect();
        let address = process.wait_for("gRPC listening on ");
        let gateway = Self {
            process,
            address,
            upi,
        };
        (gateway, told)
    }

    pub fn client(&self) -> IdPhotoServiceClient<Channel> {
        client(&self.address)
    }

    /// How often UPI's side received this order, refusals included.
    pub async fn posts(&self, order_id: &str) -> u64 {
        let orders = reqwest::get(format!("{}/orders", self.upi)).await.unwrap();
        let orders: serde_json::Value =
            serde_json::from_slice(&orders.bytes().await.unwrap()).unwrap();
        let order = &orders["orders"][order_id];
        order["posts"].as_u64().unwrap_or(0) + order["refused"].as_u64().unwrap_or(0)
    }

    /// Waits until UPI's side has received the order.
    pub async fn sent(&self, order_id: &str) {
        until("UPI has the order", async || self.posts(order_id).await > 0).await;
    }

    /// Waits until the order is no longer in flight.
    pub async fn settled(&self, order_id: &str) -> VerificationState {
        let look = async || {
            let record = self.client().get_verification(get(order_id)).await;
            let state = record.unwrap().into_inner().state();
            (state != VerificationState::InFlight).then_some(state)
        };
        found("the order is settled", look).await
    }
}

/// A plaintext client that connects when it is first used.
pub fn client(address: &str) -> IdPhotoServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    IdPhotoServiceClient::new(endpoint.connect_lazy()).max_decoding_message_size(4 << 20)
}
