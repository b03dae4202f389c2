//! A wall clock that jumps by an hour, ahead and back, while orders are in flight: libfaketime
//! moves that of the real binary. Its monotonic clock goes on, as that of a machine does.

use std::fs;
use std::path::PathBuf;

use idphoto::pb::VerificationState;
use tonic::Request;

use crate::engine::{Engine, Postgres, Sqlite};
use crate::process::{Process, client};
use crate::requests::{get, request};
use crate::run::{LONG, Patience, Upi, posts, serve};
use crate::runtime;
use crate::wait::until;

/// Longer than two looks for orders that were left behind.
const SLOW: &str = "sandbox:confidence=42,delay=12s";

/// What a keeper says that gave an order up.
const SWEPT: &str = "orders were left in flight";

/// Debian's, if it is installed.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let mut paths = folders.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
    paths.find(|path| path.exists())
}

/// The wall clock of a gateway.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    fn jump(&self, seconds: &str) {
        // Read at every look: a half-written one must not be seen.
        let next = self.file.with_extension("next");
        fs::write(&next, seconds).unwrap();
        fs::rename(next, &self.file).unwrap();
    }

    fn start(&self, engine: &dyn Engine, upi: &Upi) -> (Process, String) {
        let folder = self.file.parent().unwrap();
        let mut settings = engine.settings(folder);
        // An answer that is an hour off is refused otherwise, and its outcome unknown.
        settings.push("upi.clock_window=2h".to_owned());
        let mut command = serve(&upi.place, &settings, Patience::Slow);
        command.env("LD_PRELOAD", &self.library);
        command.env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_NO_CACHE", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let process = Process::run(command);
        let address = process.wait_for("gRPC listening on ");
        (process, address)
    }
}

async fn ask(address: &str, order: &str, scenario: &str) -> Option<bool> {
    let mut asked = Request::new(idphoto::pb::VerifyIdPhotoRequest {
        order_id: order.to_owned(),
        ..request(scenario)
    });
    asked.set_timeout(LONG);
    let told = client(address).verify_id_photo(asked).await;
    told.ok().map(|told| told.into_inner().replayed)
}

async fn state(address: &str, order: &str) -> VerificationState {
    let found = client(address).get_verification(get(order)).await;
    found.map_or(VerificationState::Unspecified, |it| it.into_inner().state())
}

async fn jumps(engine: &dyn Engine, library: PathBuf, by: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clock");
    let clock = Clock { library, file };
    clock.jump("+0");
    let upi = Upi::start();
    let (mut gateway, address) = clock.start(engine, &upi);

    // Both are in flight while it jumps, and the keeper looks twice before the answer comes.
    let [slow, lost] = [(); 2].map(|()| crate::requests::order_id());
    let posted = async |order: &str| posts(&upi.place.url, order).await == 1;
    let jumped = async {
        until("UPI has both", async || {
            posted(&slow).await && posted(&lost).await
        })
        .await;
        clock.jump(by);
    };
    let answered = async {
        let told = ask(&address, &slow, SLOW).await;
        let recorded = state(&address, &slow).await;
        gateway.signal("KILL");
        (told, recorded)
    };
    let hanging = ask(&address, &lost, "sandbox:fault=hang");
    let ((told, recorded), hung, ()) = tokio::join!(answered, hanging, jumped);
    gateway.end();
    assert_eq!((told, hung), (Some(false), None), "{}", gateway.printed());
    assert_eq!(recorded, VerificationState::Answered);
    assert!(!gateway.printed().contains(SWEPT), "{}", gateway.printed());

    // The next one starts in the wrong hour.
    let (_gateway, address) = clock.start(engine, &upi);
    assert_eq!(ask(&address, &slow, SLOW).await, Some(true));
    until("the order is given up", async || {
        state(&address, &lost).await != VerificationState::InFlight
    })
    .await;
    let state = state(&address, &lost).await;
    assert_eq!(state, VerificationState::OutcomeUnknown);
    assert_eq!(ask(&address, &lost, "sandbox:fault=hang").await, None);
    assert!(posted(&lost).await);
}

/// Ahead and back at once, each with a gateway of its own.
fn look_at(engine: &dyn Engine) {
    let Some(library) = library() else {
        println!("libfaketime is not installed: left out");
        return;
    };
    std::thread::scope(|scope| {
        for by in ["+3600", "-3600"] {
            let library = library.clone();
            scope.spawn(move || runtime().block_on(jumps(engine, library, by)));
        }
    });
}

#[test]
fn a_clock_that_jumps_by_an_hour_gives_no_order_up_early_and_leaves_none_behind_with_sqlite() {
    look_at(&Sqlite);
}

#[test]
fn a_clock_that_jumps_by_an_hour_gives_no_order_up_early_and_leaves_none_behind_with_postgresql() {
    if let Some(postgres) = Postgres::find() {
        look_at(&postgres);
    }
}
