//! A PostgreSQL for tests.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_postgres::{Client, NoTls};

use crate::domain::Secret;
use crate::ledger::postgres::{Postgres, instance, migrate};
use crate::ledger::{Calendar, FingerprintKey, Location, OpenError, PostgresSettings, Settings};
use crate::observe::Nobody;
use crate::verify::port::{Clock, SystemClock};

/// Nothing takes so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster.
#[derive(Debug, Clone)]
pub struct Server {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// Of the user `idphoto`.
    pub password: String,
    /// With `data`, `log` and `socket`.
    pub folder: String,
    control: String,
    /// The command that keeps a cluster of our own.
    keeper: Option<Arc<Keeper>>,
}

#[derive(Debug)]
struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        // Its end of this pipe is what it waits for.
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

impl Server {
    /// The one that all tests share.
    pub fn shared() -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let found = Self::from(|name| std::env::var(name).ok());
        if found.is_none() {
            assert!(
                std::env::var("REQUIRE_POSTGRES").is_err(),
                "IDPHOTO_TEST_POSTGRES is not set, and REQUIRE_POSTGRES is"
            );
            TOLD.get_or_init(|| eprintln!("no IDPHOTO_TEST_POSTGRES: PostgreSQL is left out"));
        }
        found
    }

    /// One that may be stopped and spoiled.
    pub fn own() -> Option<Self> {
        Self::shared()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");
        let mut child = Command::new(script)
            .args(["run", "sh", "-c", "env; echo; read -r _"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        let told: Vec<_> = told
            .map_while(Result::ok)
            .take_while(|it| !it.is_empty())
            .collect();
        let keeper = Arc::new(Keeper(child));
        let found = Self::from(|name| {
            let mut values = told
                .iter()
                .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            values.next_back().map(str::to_owned)
        });
        let keeper = Some(keeper);
        Some(Self {
            keeper,
            ..found.unwrap()
        })
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let url = variable("IDPHOTO_TEST_POSTGRES")?;
        let address = url.split(['@', '/']).nth(3)?.to_owned();
        Some(Self {
            address,
            password: variable("IDPHOTO_TEST_POSTGRES_PASSWORD")?,
            folder: variable("IDPHOTO_TEST_POSTGRES_FOLDER")?,
            control: variable("IDPHOTO_TEST_POSTGRES_CONTROL")?,
            keeper: None,
        })
    }

    /// Runs `pg_ctl`.
    pub async fn control(&self, arguments: &[&str]) {
        assert!(self.keeper.is_some(), "all tests share it");
        let mut command = tokio::process::Command::new(&self.control);
        let done = command.args(arguments).stdout(Stdio::null()).status();
        assert!(done.await.unwrap().success());
    }

    /// A connection beside the ledger's.
    pub async fn client(&self, database: &str) -> Client {
        let (host, port) = self.address.split_once(':').unwrap();
        let mut config = tokio_postgres::Config::new();
        config
            .host(host)
            .port(port.parse().unwrap())
            .dbname(database);
        config.user("idphoto").password(&self.password);
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// An empty database.
    pub async fn database(&self) -> Database {
        let name = format!("t{}", instance().unwrap());
        let admin = self.client("postgres").await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0");
        admin.batch_execute(&sql).await.unwrap();
        Database {
            server: self.clone(),
            name,
            key: FingerprintKey::random().unwrap(),
        }
    }
}

/// A database of one test.
pub struct Database {
    /// Where it is.
    pub server: Server,
    /// Its name.
    pub name: String,
    key: FingerprintKey,
}

impl Database {
    /// One with a schema, on the server that all share.
    pub async fn fresh() -> Option<Self> {
        Self::on(Server::shared()?).await
    }

    /// One with a schema.
    pub async fn on(server: Server) -> Option<Self> {
        let database = server.database().await;
        assert!(migrate(&database.settings()).await.unwrap() > 0);
        Some(database)
    }

    /// What a gateway would have.
    pub fn settings(&self) -> Settings {
        self.behind(&self.server.address)
    }

    /// The same, which connects to another address.
    pub fn behind(&self, address: &str) -> Settings {
        Settings {
            location: Location::Postgres(format!("postgres://idphoto@{address}/{}", self.name)),
            member: "00520446".to_owned(),
            timeout: PATIENCE,
            sweep_after: Duration::from_secs(60),
            calendar: Calendar::default(),
            keep_texts: true,
            keys: vec![self.key.clone()],
            postgres: PostgresSettings {
                password: Some(Secret::new(self.server.password.clone())),
                ca_pem: None,
                tls: false,
                connections: 8,
            },
        }
    }

    /// A gateway's ledger.
    pub async fn open(&self) -> Postgres {
        open(&self.settings()).await.unwrap()
    }

    /// A connection beside it.
    pub async fn client(&self) -> Client {
        self.server.client(&self.name).await
    }

    /// One value, as text.
    pub async fn value(&self, sql: &str) -> String {
        let rows = self.client().await.query(sql, &[]).await.unwrap();
        rows[0].get(0)
    }
}

pub async fn open(settings: &Settings) -> Result<Postgres, OpenError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Postgres::open(settings, &clock, &(Arc::new(Nobody) as _)).await
}
