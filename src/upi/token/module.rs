//! The module, once in a process: `C_Initialize` is for all of it, and so is the state of logins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::TokenError;
use super::pool::Shared;

/// They stay for the life of the process: `C_Finalize` at its end would pull the ground from under a
/// thread that hangs.
static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

/// A module that is loaded.
pub struct Module {
    pub functions: Pkcs11,
    opening: Mutex<Opening>,
    /// Sessions that are open. Whoever has one may be in a call.
    live: AtomicUsize,
    /// How often its sessions became stale.
    generation: AtomicU64,
    pools: Mutex<Vec<Weak<Shared>>>,
}

/// What one thread at a time changes: whoever opens a session.
#[derive(Default)]
pub struct Opening {
    initialized: bool,
    /// PINs that tokens have refused, by label: a digest of each, and the error.
    pub refused: BTreeMap<String, (blake3::Hash, TokenError)>,
}

/// A session that counts as live.
pub struct Live {
    module: Arc<Module>,
    generation: u64,
}

impl Module {
    /// The module of this file.
    pub fn load(path: &Path) -> Result<Arc<Self>, TokenError> {
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(path) {
            return Ok(Arc::clone(module));
        }
        let module = Arc::new(Self {
            functions: Pkcs11::new(path).map_err(|error| unloadable(path, &error))?,
            opening: Mutex::default(),
            live: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
            pools: Mutex::default(),
        });
        modules.insert(path.to_owned(), Arc::clone(&module));
        Ok(module)
    }

    /// The turn to open a session, with the module initialized.
    pub fn turn(&self) -> Result<MutexGuard<'_, Opening>, TokenError> {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if !opening.initialized {
            self.initialize()?;
            opening.initialized = true;
        }
        Ok(opening)
    }

    /// Begins anew, unless a session is open, whose thread may be in a call; then they are closed as
    /// soon as they are idle, and it begins anew the next time. Some modules see a token that has come
    /// back only then.
    pub fn begin_anew(&self, opening: &mut Opening) -> Result<(), TokenError> {
        self.generation.fetch_add(1, Ordering::SeqCst);
        if self.live.load(Ordering::SeqCst) > 0 {
            self.wake();
            return Ok(());
        }
        // Whether it was initialized at all shows the next call.
        let _ = self.functions.clone().finalize();
        opening.initialized = false;
        self.initialize()?;
        opening.initialized = true;
        Ok(())
    }

    /// Counts a session that is just being opened.
    pub fn live(self: &Arc<Self>) -> Live {
        self.live.fetch_add(1, Ordering::SeqCst);
        Live {
            module: Arc::clone(self),
            generation: self.generation.load(Ordering::SeqCst),
        }
    }

    /// Wakes these threads when their sessions become stale.
    pub fn watch(&self, pool: &Arc<Shared>) {
        let mut pools = self.pools();
        pools.retain(|known| known.strong_count() > 0 && !known.ptr_eq(&Arc::downgrade(pool)));
        pools.push(Arc::downgrade(pool));
    }

    fn wake(&self) {
        let pools: Vec<_> = self.pools().iter().filter_map(Weak::upgrade).collect();
        for pool in pools {
            pool.wake();
        }
    }

    fn pools(&self) -> MutexGuard<'_, Vec<Weak<Shared>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn initialize(&self) -> Result<(), TokenError> {
        let args = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match self.functions.initialize(args) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

impl Live {
    /// Whether the module began anew since, or wants to.
    pub fn is_stale(&self) -> bool {
        self.generation != self.module.generation.load(Ordering::SeqCst)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.module.live.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The words of the loader, without the path.
fn unloadable(path: &Path, error: &Error) -> TokenError {
    let path = format!("{}: ", path.display());
    let why = match error {
        Error::LibraryLoading(error) => error.to_string().replace(&path, ""),
        error => error.to_string(),
    };
    TokenError::Module(format!(" ({why})"))
}

/// What a function of the module says.
pub fn failed(error: &Error) -> TokenError {
    match error {
        Error::Pkcs11(value, function) => TokenError::Call {
            function: format!("C_{function:?}"),
            value: name(*value),
        },
        error => TokenError::Call {
            function: "the module".to_owned(),
            value: error.to_string(),
        },
    }
}

/// `CKR_DEVICE_ERROR` for `DeviceError`, as the standard and the handbooks of tokens write it.
pub fn name(value: RvError) -> String {
    if let RvError::VendorDefined(code) | RvError::UnknownErrorCode(code) = value {
        return format!("{code:#x}");
    }
    let mut name = "CKR".to_owned();
    for character in format!("{value:?}").chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use cryptoki::error::RvError;

    use super::name;

    #[test]
    fn values_have_the_names_of_the_standard() {
        assert_eq!(name(RvError::PinIncorrect), "CKR_PIN_INCORRECT");
        assert_eq!(
            name(RvError::SessionHandleInvalid),
            "CKR_SESSION_HANDLE_INVALID"
        );
    }
}
