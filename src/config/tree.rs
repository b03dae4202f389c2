//! All keys: the sections in their order, and what follows from several keys of them.

use std::fmt;

use super::admin::AdminConfig;
use super::auth::{AuthConfig, JwtConfig};
use super::callers::{self, CallersConfig};
use super::key::{Key, Keys, Table};
use super::ledger::LedgerConfig;
use super::party::{MemberConfig, MerchantConfig};
use super::reader::{Reader, Section};
use super::server::{ServerConfig, ServerTls};
use super::telemetry::{OtlpConfig, TelemetryConfig};
use super::upi::{
    EncryptionConfig, NextSigningConfig, NextSigningTokenConfig, SigningConfig, SigningTokenConfig,
    UpiConfig,
};
use super::validation::ValidationConfig;
use crate::callers::Rule;
use crate::domain::{Member, Merchant, MerchantDraft, PhotoLimits, Rules, Violation};
use crate::upi::{Flaw, Timeouts};

/// All sections, in the order of the reference: the keys of a table before its tables.
macro_rules! sections {
    ($($name:ident: $Section:ident, $text:literal;)*) => {
        /// Everything an operator can set. No file that it names has been opened.
        #[derive(Clone)]
        pub struct Config {
            $(#[doc = $text] pub $name: $Section,)*
        }

        pub(super) static TABLES: &[Table] = &[$($Section::TABLE),*];

        impl Config {
            pub(super) fn read(reader: &mut Reader) -> Option<Self> {
                $(let $name = $Section::read(reader);)*
                Some(Self { $($name: $name?,)* })
            }

            /// All values as TOML, in the order of the reference.
            fn show(&self) -> impl Iterator<Item = (&'static Key, Option<String>)> {
                let values = [$(self.$name.show()),*].into_iter().flatten();
                KEYS.iter().zip(values)
            }
        }
    };
}

sections! {
    callers: CallersConfig, "`callers`: who may call.";
    server: ServerConfig, "`server.*`: the gRPC port.";
    tls: ServerTls, "`server.tls.*`: its TLS.";
    auth: AuthConfig, "`auth.*`: who tells who calls.";
    jwt: JwtConfig, "`auth.jwt.*`: bearer tokens.";
    admin: AdminConfig, "`admin.*`: the port for those who run the gateway.";
    upi: UpiConfig, "`upi.*`: the way to UPI.";
    signing: SigningConfig, "`upi.signing.*`: our key.";
    signing_token: SigningTokenConfig, "`upi.signing.pkcs11.*`: our key in a token.";
    next_signing: NextSigningConfig, "`upi.signing.next.*`: the key after it.";
    next_signing_token: NextSigningTokenConfig, "`upi.signing.next.pkcs11.*`: that in a token.";
    encryption: EncryptionConfig, "`upi.encryption.*`: UPI's key to encrypt to.";
    member: MemberConfig, "`member.*`: on whose behalf UPI is asked.";
    merchant: MerchantConfig, "`merchant.*`: the merchant of requests that name none.";
    validation: ValidationConfig, "`validation.*`: readings of a source that is silent.";
    ledger: LedgerConfig, "`ledger.*`: where orders are remembered.";
    telemetry: TelemetryConfig, "`telemetry.*`: what is logged, and how.";
    otlp: OtlpConfig, "`telemetry.otlp.*`: the export to an OpenTelemetry collector.";
}

pub(super) const KEYS: Keys = Keys(TABLES);

/// All keys, in the order of `idphoto.example.toml`.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter()
}

impl Config {
    /// Every key with the value it has, as a TOML file that reads back as the same
    /// configuration. Keys without a value are comments. Credentials are masked.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for (key, value) in self.show() {
            let (table, name) = key.path().rsplit_once('.').unwrap_or(("", key.path()));
            if table != section {
                let gap = if text.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{gap}[{table}]\n"));
                section = table;
            }
            text.push_str(&match value {
                Some(value) => format!("{name} = {}\n", key.shown(value)),
                None => format!("# {name} is not set\n"),
            });
        }
        text
    }

    /// The keys that have another value in `other`.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        let both = self.show().zip(other.show());
        let differ = both.filter(|((_, ours), (_, theirs))| ours != theirs);
        differ.map(|((key, _), _)| key.path()).collect()
    }

    /// How long a call to UPI may take.
    ///
    /// # Errors
    /// There is no time for connecting, or none for an answer.
    pub fn timeouts(&self) -> Result<Timeouts, Flaw> {
        Timeouts::new(self.upi.timeout, self.upi.connect_timeout)
    }

    /// What requests are held to.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        let validation = &self.validation;
        Rules {
            free_text: validation.free_text,
            name: validation.name,
            id_number: validation.id_number,
            photo: PhotoLimits {
                min_side: validation.photo_min_side,
                max_side: validation.photo_max_side,
            },
        }
    }

    /// Who may call; `None` when everybody may.
    ///
    /// # Errors
    /// Every part that breaks a rule: its place, and why.
    pub fn callers(&self, rules: &Rules) -> Result<Option<Vec<Rule>>, Vec<(String, String)>> {
        let entries = self.callers.callers.as_deref();
        entries
            .map(|entries| callers::rules(entries, rules))
            .transpose()
    }

    /// On whose behalf UPI is asked.
    ///
    /// # Errors
    /// Every key that breaks a rule.
    pub fn member(&self, rules: &Rules) -> Result<Member, Vec<Violation>> {
        Member::parse(&self.member.iin, &self.member.name, rules.free_text)
    }

    /// The merchant of requests that name none.
    ///
    /// # Errors
    /// Every key that breaks a rule.
    pub fn merchant(&self, rules: &Rules) -> Result<Option<Merchant>, Vec<Violation>> {
        let MerchantConfig {
            id,
            name,
            category_code,
        } = self.merchant.clone();
        if id.is_none() && name.is_none() && category_code.is_none() {
            return Ok(None);
        }
        let draft = MerchantDraft {
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            category_code: category_code.unwrap_or_default(),
        };
        Merchant::parse(draft, rules).map(Some)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print())
    }
}
