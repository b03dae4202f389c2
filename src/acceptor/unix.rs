//! A Unix socket: a file by which processes of this machine connect, who say by it who they are.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as Connection;
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::{FlockOperation, flock};
use tokio::net::{UnixListener, UnixStream};

use super::Socket;

/// A bound Unix socket, whose file goes when it is dropped.
pub struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of the file: another one at this path is not ours.
    file: (u64, u64),
}

impl UnixSocket {
    /// Binds. The file has these permissions from its first moment on. It takes the place of one that
    /// a process left that is gone; one on which somebody listens stays.
    ///
    /// # Errors
    /// Something else is there, or no file can be made.
    pub fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        // Two processes that find the same old file must not both take its place.
        let turn = File::open(folder)?;
        flock(&turn, FlockOperation::LockExclusive)?;
        make_way(path)?;
        // Made beside its place: nobody connects before its permissions are what they should be.
        let beside = folder.join(format!(".{:x}", process::id()));
        let listener = UnixListener::bind(&beside)?;
        let made = fs::set_permissions(&beside, Permissions::from_mode(mode))
            .and_then(|()| fs::symlink_metadata(&beside))
            .and_then(|found| fs::rename(&beside, path).map(|()| found));
        let found = made.inspect_err(|_| {
            // What is left of it says nothing that the error does not.
            let _ = fs::remove_file(&beside);
        })?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            file: number(&found),
        })
    }
}

/// Whether a new file can be where this path is.
fn make_way(path: &Path) -> io::Result<()> {
    let taken = |text: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, text.to_owned()));
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return taken("the file there is no socket");
    }
    match Connection::connect(path) {
        // Nobody listens: its process is gone.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(_) => taken("another process listens there"),
        Err(_) => taken("another process may listen there"),
    }
}

fn number(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| number(&found) == self.file) {
            // One that stays is replaced by the next process.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Socket for UnixSocket {
    type Stream = UnixStream;
    /// The user of the process that connected.
    type Peer = u32;
    type Place = PathBuf;

    async fn accept(&self) -> io::Result<(UnixStream, u32)> {
        let (stream, _) = self.listener.accept().await?;
        let user = stream.peer_cred()?.uid();
        Ok((stream, user))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::net::UnixListener;

    use tokio::net::UnixStream;

    use super::super::Socket as _;
    use super::UnixSocket;

    #[tokio::test]
    async fn the_user_of_a_peer_is_told_and_the_file_has_its_mode_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        let socket = UnixSocket::bind(&path, 0o640).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let (_client, accepted) = tokio::join!(UnixStream::connect(&path), socket.accept());
        let own = fs::metadata(dir.path()).unwrap().uid();
        assert_eq!(accepted.unwrap().1, own);
        drop(socket);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_file_of_a_process_that_is_gone_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = UnixSocket::bind(&path, 0o600).unwrap();
        let (client, accepted) = tokio::join!(UnixStream::connect(&path), socket.accept());
        client.unwrap();
        accepted.unwrap();
    }

    #[tokio::test]
    async fn what_belongs_to_somebody_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let [busy, file] = ["a.sock", "file"].map(|name| dir.path().join(name));
        let living = UnixSocket::bind(&busy, 0o600).unwrap();
        fs::write(&file, "kept").unwrap();
        for path in [&busy, &file] {
            let error = UnixSocket::bind(path, 0o600).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
        }
        assert_eq!(fs::read(&file).unwrap(), b"kept");
        // Nor does the end of one take away what came to its place meanwhile.
        fs::remove_file(&busy).unwrap();
        let next = UnixSocket::bind(&busy, 0o600).unwrap();
        drop(living);
        assert!(busy.exists());
        drop(next);
        assert!(!busy.exists());
    }
}
