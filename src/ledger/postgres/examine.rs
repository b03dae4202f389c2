//! What there is to say of a database before a gateway works with it.

use std::error::Error as _;

use super::certainty::Fault;
use super::connections::Connections;
use super::{Durability, Refusal, connect, schema};
use crate::ledger::remark::{Grade, Remark};
use crate::ledger::settings::Settings;

/// What a gateway does to which table. Distributed engines may not know the functions.
const PRIVILEGES: &str = "
SELECT has_table_privilege('orders', 'SELECT') AND has_table_privilege('orders', 'INSERT')
    AND has_table_privilege('orders', 'UPDATE') AND has_table_privilege('journal', 'SELECT')
    AND has_table_privilege('journal', 'INSERT') AND has_table_privilege('journal', 'DELETE')
    AND has_table_privilege('gateways', 'SELECT') AND has_table_privilege('gateways', 'INSERT')
    AND has_table_privilege('gateways', 'UPDATE')";

const STANDBY: &str = "SELECT pg_is_in_recovery()";

/// Looks at the way there, the schema, privileges, and whether what it confirms lasts.
pub(in crate::ledger) async fn examine(settings: &Settings) -> Vec<Remark> {
    let connections = match connect(settings).await {
        Ok(connections) => connections,
        Err(refusal) => return vec![unreachable(&refusal)],
    };
    let mut remarks = vec![Remark::good("the database can be reached")];
    match schema::check(&connections).await {
        Ok(()) => {
            remarks.push(Remark::good(format!(
                "the schema has version {}",
                schema::KNOWN
            )));
            remarks.extend(privileges(&connections).await);
        }
        Err(refusal) => remarks.push(Remark::wrong(refusal.to_string(), "")),
    }
    if says(&connections, STANDBY).await == Some(true) {
        let advice = "name the primary, or all servers: the one that takes writes is found";
        remarks.push(Remark::wrong(
            "the server is a standby, and takes no writes",
            advice,
        ));
    }
    remarks.extend(durability(&connections).await);
    remarks
}

fn unreachable(refusal: &Refusal) -> Remark {
    let mut text = refusal.to_string();
    // What the library says of it names hosts at most, which operators need.
    if let Refusal::Fault(fault) = refusal
        && let Some(cause) = fault.source()
    {
        text.push_str(&format!(": {cause}"));
    }
    let grade = match refusal {
        Refusal::Fault(Fault::Connection(_) | Fault::NoConnection) => Grade::Unreachable,
        _ => Grade::Wrong,
    };
    let advice = "check host, port, TLS, user and password, and what lies between";
    Remark {
        grade,
        ..Remark::wrong(text, advice)
    }
}

async fn privileges(connections: &Connections) -> Option<Remark> {
    Some(match says(connections, PRIVILEGES).await? {
        true => Remark::good("the user may read and write what a gateway does"),
        false => Remark::wrong(
            "the user may not do to the tables what a gateway does",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON orders, journal, gateways TO the user",
        ),
    })
}

async fn durability(connections: &Connections) -> Vec<Remark> {
    let settings = match Durability::read(connections).await {
        Ok(settings) => settings,
        Err(fault) => return vec![Remark::doubt(fault.to_string(), "")],
    };
    let doubts = settings.doubts().into_iter();
    let mut remarks: Vec<_> = doubts
        .map(|doubt| Remark::doubt(doubt, "docs/operations.md says what is then not promised"))
        .collect();
    match settings.judge() {
        Err(refusal) => {
            let advice = "set it to on: the gateway does not start before";
            remarks.push(Remark::wrong(refusal.to_string(), advice));
        }
        Ok(()) if remarks.is_empty() => {
            remarks.push(Remark::good(
                "what it confirms survives the loss of a server",
            ));
        }
        Ok(()) => {}
    }
    remarks
}

/// The only value of a statement's only row; `None` where the engine does not know it.
async fn says(connections: &Connections, sql: &str) -> Option<bool> {
    let client = connections.one().await.ok()?;
    let rows = client.query_typed(sql, &[]).await.ok()?;
    rows.first()?.try_get(0).ok()
}
