//! HTTP/2 frame by frame (RFC 9113), for what no library would send.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wait::PATIENCE;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// A connection, and what is to be written to it next.
pub struct Peer {
    stream: TcpStream,
    out: Vec<u8>,
}

/// A frame that came.
pub struct Frame {
    pub kind: u8,
    pub stream: u32,
    flags: u8,
}

impl Peer {
    pub async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        let mut peer = Self { stream, out };
        peer.frame(SETTINGS, 0, 0, &[]);
        // Answers shall never wait for a window.
        peer.frame(WINDOW_UPDATE, 0, 0, &0x3FFF_FFFF_u32.to_be_bytes());
        peer
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, content: &[u8]) {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        self.out.extend(&length[1..]);
        self.out.extend([kind, flags]);
        self.out.extend(stream.to_be_bytes());
        self.out.extend(content);
    }

    /// The beginning of a call. HPACK as literals, never indexed.
    pub fn call(&mut self, stream: u32, headers: &[(&str, &str)]) {
        self.ask(stream, "/idphoto.v1.IdPhotoService/VerifyIdPhoto", headers);
    }

    /// The same of any method.
    pub fn ask(&mut self, stream: u32, path: &str, headers: &[(&str, &str)]) {
        let mut block = Vec::new();
        let always = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ];
        for (name, value) in always.iter().chain(headers) {
            block.push(0x10);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.frame(HEADERS, END_HEADERS, stream, &block);
    }

    /// A part of the body, perhaps the last one.
    pub fn data(&mut self, stream: u32, content: &[u8], last: bool) {
        let flags = if last { END_STREAM } else { 0 };
        self.frame(DATA, flags, stream, content);
    }

    /// What a client sends whose caller gave up: CANCEL.
    pub fn cancel(&mut self, stream: u32) {
        self.frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
    }

    pub fn ping(&mut self) {
        self.frame(PING, 0, 0, b"are you?");
    }

    /// Answers to a PING that nobody sent.
    pub fn unasked_acks(&mut self, number: usize, content: [u8; 8]) {
        for _ in 0..number {
            self.frame(PING, ACK, 0, &content);
        }
    }

    /// Writes what was prepared; the error of a connection that is gone.
    pub async fn flush(&mut self) -> std::io::Result<()> {
        let out = std::mem::take(&mut self.out);
        timeout(PATIENCE, self.stream.write_all(&out))
            .await
            .unwrap()
    }

    /// The next frame; `None` when the server has closed.
    pub async fn read(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.try_read())
            .await
            .expect("the server says nothing")
            .ok()
    }

    async fn try_read(&mut self) -> std::io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut content = vec![0; u32::from_be_bytes([0, a, b, c]).try_into().unwrap()];
        self.stream.read_exact(&mut content).await?;
        let stream = u32::from_be_bytes(stream);
        Ok(Frame {
            kind,
            stream,
            flags,
        })
    }

    /// Whether the server answers a PING before it ends the connection.
    pub async fn lives(&mut self) -> bool {
        self.ping();
        if self.flush().await.is_err() {
            return false;
        }
        while let Some(frame) = self.read().await {
            match frame.kind {
                PING if frame.flags & ACK != 0 => return true,
                GOAWAY => return false,
                _ => {}
            }
        }
        false
    }
}
