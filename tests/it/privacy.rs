//! Nobody's data is in anything that the process prints, in the failing cases either.

use std::time::Duration;

use idphoto::pb::{Customer, VerifyIdPhotoRequest};
use idphoto::sandbox::Fault;
use tonic::Request;

use crate::collector::Collector;
use crate::process::Gateway;
use crate::requests::request;

/// Visibly fake, and nothing else in the output can look like them.
const NAME: &str = "金丝雀";
const NUMBER: &str = "440524188001010014";

fn canary(scenario: &str) -> VerifyIdPhotoRequest {
    let mut request = request(scenario);
    request.customer = Some(Customer {
        name: NAME.to_owned(),
        id_number: NUMBER.to_owned(),
    });
    request
}

/// Requests that end in every way, each with the canary in it.
fn requests() -> Vec<VerifyIdPhotoRequest> {
    let mut requests = vec![canary("test"), canary("sandbox:code=70")];
    requests.extend(Fault::ALL.map(|fault| canary(&format!("sandbox:fault={}", fault.name()))));
    requests.push(requests[0].clone());
    let mut reused = canary("other content");
    reused.order_id.clone_from(&requests[0].order_id);
    requests.push(reused);
    let mut swapped = canary("name and number swapped");
    swapped.customer = Some(Customer {
        name: NUMBER.to_owned(),
        id_number: NAME.to_owned(),
    });
    requests.push(swapped);
    let mut misplaced = canary("data where an order id belongs");
    misplaced.order_id = NUMBER.to_owned();
    requests.push(misplaced);
    let mut damaged = canary("photo cut off");
    damaged.photo = damaged.photo.slice(..damaged.photo.len() / 2);
    requests.push(damaged);
    requests
}

/// A call that is answered and one that is not, with the canary in both.
pub fn requests_of_a_canary() -> [VerifyIdPhotoRequest; 2] {
    [canary("test"), canary("sandbox:fault=no-signature")]
}

/// The canary as it is, and as an encoding would show it.
pub fn traces() -> Vec<String> {
    let photo = canary("").photo;
    let piece = &photo[1000..1030];
    let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = piece.iter().map(ToString::to_string).collect();
    let escaped: String = NAME
        .chars()
        .map(|character| format!("\\u{{{:x}}}", character as u32))
        .collect();
    let mut traces = vec![
        NAME.to_owned(),
        escaped.clone(),
        escaped.replace(['{', '}'], ""),
        NUMBER.to_owned(),
        NUMBER[6..].to_owned(),
        hex,
        list.join(", "),
    ];
    for secret in [NAME.as_bytes(), NUMBER.as_bytes(), piece] {
        let base64 = base64_simd::STANDARD.encode_to_string(secret);
        traces.push(base64.trim_end_matches('=').to_owned());
    }
    traces.push(base64_simd::STANDARD.encode_to_string(&photo[..600]));
    traces
}

#[tokio::test]
async fn nothing_printed_or_exported_holds_a_name_a_number_or_a_photo() {
    for format in ["text", "json"] {
        let collector = Collector::start().await;
        let mut gateway = Gateway::start(&[
            "upi.timeout=2s",
            "upi.connect_timeout=1s",
            "telemetry.log_level=trace",
            &format!("telemetry.log_format={format}"),
            &format!("telemetry.otlp.endpoint={}", collector.endpoint),
        ]);
        let requests = requests();
        let calls = requests.len();
        for request in requests {
            let mut call = Request::new(request);
            call.set_timeout(Duration::from_secs(4));
            // Each ends in its own way; here only the traces count.
            let _ = gateway.client().verify_id_photo(call).await;
        }
        gateway.process.signal("TERM");
        gateway.process.end();
        let printed = gateway.process.printed();
        let lines = printed
            .lines()
            .filter(|line| line.contains("dispatch"))
            .count();
        assert!(lines >= calls / 2, "the log is there: {printed}");
        let exported = collector.everything();
        assert!(collector.spans().len() >= calls, "the spans are there");
        assert!(!collector.metrics().is_empty(), "the metrics are there: {printed}");
        for trace in traces() {
            assert!(!printed.contains(&trace), "{trace} is in the {format} log");
            assert!(!exported.contains(&trace), "{trace} was exported");
        }
    }
}
