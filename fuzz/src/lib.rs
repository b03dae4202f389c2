//! What the fuzz targets share: keys and vectors of the gateway's tests, a bound on memory, and a
//! text that must not come out again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;

use idphoto::domain::{FreeText, IdNumberRule, NameRule, PhotoLimits, Rules};
use idphoto::upi::jws::{Claims, Expected};
use idphoto::upi::key::{Kid, PrivateKey, PublicKey};
use time::OffsetDateTime;

mod input;

pub use input::Input;

/// One key file of the tests.
#[macro_export]
macro_rules! key_file {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/data/vectors/keys/", $name))
    };
}

/// The clock of all targets, Unix seconds: that of the vectors.
pub const NOW: i64 = 1_790_000_000;
/// UPI-APPID of the vectors.
pub const APP_ID: &str = "00520446";
/// UPI-REQPATH of the vectors.
pub const REQUEST_PATH: &str = "/example/v1/idcardphotoverification";
/// The window of UPI-TIMESTAMP.
pub const WINDOW: u64 = 300;

/// The most that one allocation may have, bytes. `-malloc_limit_mb` of libFuzzer needs
/// AddressSanitizer, so that this is done here.
const LARGEST: usize = 64 * 1024 * 1024;

/// The system's allocator, which ends the process at a size that no input can justify.
struct Bounded;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

fn admit(size: usize) {
    if size > LARGEST {
        // A panic would allocate.
        let _ = std::io::stderr().write_all(b"an allocation of more than 64 MiB\n");
        std::process::abort();
    }
}

// SAFETY: all is done by `System`.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        admit(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        admit(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        admit(size);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

/// The clock of the targets.
#[must_use]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

/// The strictest settings of validation: the default ones.
#[must_use]
pub fn strict() -> Rules {
    Rules::default()
}

/// The laxest settings of validation.
#[must_use]
pub fn lax() -> Rules {
    Rules {
        free_text: FreeText::Unicode,
        name: NameRule::Any,
        id_number: IdNumberRule::Lax,
        photo: PhotoLimits {
            min_side: 1,
            max_side: u32::MAX,
        },
    }
}

/// What a signature must say.
#[must_use]
pub fn expected() -> Expected<'static> {
    Expected {
        app_id: APP_ID,
        request_path: REQUEST_PATH,
        require_request_path: false,
        now: NOW,
        window: std::time::Duration::from_secs(WINDOW),
    }
}

/// The claims of a good answer.
#[must_use]
pub const fn claims() -> Claims<'static> {
    Claims {
        upi_uuid: "493cba7273a2897b4e3197f259c0c566",
        timestamp: NOW,
        app_id: APP_ID,
        request_path: None,
    }
}

/// The kid that the vectors have for UPI's signing key.
#[must_use]
pub fn signing_kid() -> Kid {
    Kid::parse("1560936206326").unwrap()
}

/// UPI's signing key.
#[must_use]
pub fn signing_key() -> PrivateKey {
    PrivateKey::load(key_file!("upi-signing.key.pem"), None).unwrap()
}

/// The kid that the vectors have for UPI's encryption key.
#[must_use]
pub fn encryption_kid() -> Kid {
    Kid::parse("1560935656467").unwrap()
}

/// UPI's encryption key.
#[must_use]
pub fn encryption_key() -> PrivateKey {
    PrivateKey::load(key_file!("upi-encryption.key.pem"), None).unwrap()
}

/// Its public half.
#[must_use]
pub fn encryption_public() -> PublicKey {
    PublicKey::load(key_file!("upi-encryption.pub.pem")).unwrap()
}

/// Put into a value, it shows whether any of the value comes out again. No name of a key or a
/// member, which may be shown, has a tilde in it.
pub const CANARY: &str = "~Qx7~Zk9~Wv3~Jf5";

/// How much of a value may come out by chance.
const TOLD: usize = 8;

/// No more than eight bytes of the canary are in a text.
///
/// # Panics
/// There are more.
pub fn assert_silent(text: &str) {
    for part in CANARY.as_bytes().windows(TOLD + 1) {
        let shown = text.as_bytes().windows(part.len()).any(|own| own == part);
        assert!(!shown, "it tells of a value: {text}");
    }
}

/// The text with the canary at one of its character boundaries, the first at or after `at`.
#[must_use]
pub fn marked(text: &str, at: u8) -> String {
    let at = usize::from(at).min(text.len());
    let (before, after) = text.split_at(text.ceil_char_boundary(at));
    [before, CANARY, after].concat()
}
