//! HTTP/2's limits and windows.

use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::TokioTimer;

use super::tasks::Tasks;

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// A photo of 150 KB in one frame costs less than in ten.
const MAX_FRAME: u32 = 256 * 1024;
/// The largest message without waiting for the window.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// Two photos of the largest size. Libraries open a half of a window at a time, and give it to the
/// stream that has waited longest: with less than a photo in a half, all calls of a busy connection
/// get most of theirs through before the first one is whole. While many wait to be sealed this much
/// is held of each connection, besides `server.max_request_bytes`. Over a way of 50 ms it is 40 photos
/// a second for each connection.
const CONNECTION_WINDOW: u32 = 320 * 1024;
/// Thousands of calls may wait for a slow UPI behind one proxy, and health checks must
/// find room beside them.
const MAX_STREAMS: u32 = 2048;
/// HTTP/2 itself refuses header lists that are so many times as large as what is taken: with a
/// bare 431, which neither caller nor operator can read. Below it the refusal is ours.
const UNREADABLE: usize = 4;

/// A proxy puts all callers on one connection, so its end costs the answers of all of them.
///
/// Two limits of h2 would end it for what honest callers do, and are set aside:
/// - streams that were reset before they were looked at (20): as many as can be open may be
///   cancelled at once. A rapid reset (CVE-2023-44487) meets the same bound a moment later.
/// - resets of ours in the connection's whole life (1,024): each piece of a body that comes after
///   its call was refused makes one. They protect handlers that go on after a reset
///   (CVE-2025-8671); ours end with the stream, and orders are bounded by
///   `server.max_in_flight`.
///
/// The other defences stay as h2 sets them.
pub(super) fn http(header_bytes: usize, tasks: Tasks) -> http2::Builder<Tasks> {
    let most = header_bytes.saturating_mul(UNREADABLE);
    let mut http = http2::Builder::new(tasks);
    http.timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .max_frame_size(MAX_FRAME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_STREAMS as usize)
        .max_local_error_reset_streams(None)
        .max_header_list_size(u32::try_from(most).unwrap_or(u32::MAX));
    http
}
