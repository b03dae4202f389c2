//! A gateway's configuration for a sandbox.

use std::path::Path;

use serde_json::Value;

use super::files::{PARTICIPANT, UPI_ENCRYPTION_PUBLIC, UPI_SIGNING_PUBLIC};
use super::{
    APP_ID, Kit, MEMBER_IIN, MEMBER_NAME, PARTICIPANT_KID, REQUEST_PATH, UPI_ENCRYPTION_KID,
    UPI_SIGNING_KID,
};

impl Kit {
    /// The configuration (TOML) of a gateway in front of a sandbox at `base_url`, with the
    /// files that [`Kit::save`] wrote to `dir`.
    #[must_use]
    pub fn configuration(dir: &Path, base_url: &str) -> String {
        let base_url = quoted(base_url);
        let file = |name| quoted(&dir.join(name).to_string_lossy());
        let ledger = format!("sqlite:{}", dir.join("idphoto-ledger.db").display());
        let ledger = quoted(&ledger);
        let (signing, encryption, verification) = (
            file(PARTICIPANT),
            file(UPI_ENCRYPTION_PUBLIC),
            file(UPI_SIGNING_PUBLIC),
        );
        format!(
            r#"# A gateway in front of a sandbox. Nothing here is real.

[upi]
base_url = {base_url}
request_path = "{REQUEST_PATH}"
app_id = "{APP_ID}"

[upi.signing]
kid = "{PARTICIPANT_KID}"
key_file = {signing}

[upi.encryption]
kid = "{UPI_ENCRYPTION_KID}"
key_file = {encryption}

[[upi.verification]]
kid = "{UPI_SIGNING_KID}"
key_file = {verification}

[member]
iin = "{MEMBER_IIN}"
name = "{MEMBER_NAME}"

[ledger]
url = {ledger}
"#
        )
    }
}

/// A basic string of TOML. JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::Value;

    use super::Kit;

    #[test]
    fn it_is_toml_with_every_key_that_has_no_default() {
        let text = Kit::configuration(Path::new(r#"/tmp/"odd" \dir"#), "http://127.0.0.1:8443");
        let config: Value = toml::from_str(&text).unwrap();
        let upi = &config["upi"];
        assert_eq!(upi["base_url"].as_str(), Some("http://127.0.0.1:8443"));
        assert_eq!(upi["request_path"].as_str(), Some(super::REQUEST_PATH));
        assert_eq!(upi["app_id"].as_str(), Some("SANDBOX1"));
        for (section, kid, file) in [
            (
                &upi["signing"],
                "sandbox-participant-1",
                "participant-signing.key.pem",
            ),
            (
                &upi["encryption"],
                "sandbox-upi-encryption-1",
                "upi-encryption.pub.pem",
            ),
            (
                &upi["verification"][0],
                "sandbox-upi-signing-1",
                "upi-signing.pub.pem",
            ),
        ] {
            assert_eq!(section["kid"].as_str(), Some(kid));
            let path = format!(r#"/tmp/"odd" \dir/{file}"#);
            assert_eq!(section["key_file"].as_str(), Some(path.as_str()));
        }
        assert_eq!(config["member"]["iin"].as_str(), Some("00000000"));
        assert_eq!(config["member"]["name"].as_str(), Some("Sandbox Member"));
        let ledger = r#"sqlite:/tmp/"odd" \dir/idphoto-ledger.db"#;
        assert_eq!(config["ledger"]["url"].as_str(), Some(ledger));
    }
}
