use std::time::Duration;

use futures_util::future::poll_fn;
use futures_util::stream::{Stream, empty, iter, pending};
use futures_util::{FutureExt as _, StreamExt as _};
use http_body_util::{Full, StreamBody};
use tokio::time::{Instant, advance};

use super::super::pace::{Moves, Patience};
use super::*;
use crate::verify::sealing::Sealing;

/// Five bytes have come, and what comes then.
fn upload(sealing: &Arc<Sealing>, then: impl Stream<Item = Piece> + Send + 'static) -> Upload {
    let piece = Ok(Frame::data(Bytes::from_static(&[0; 5])));
    let body = StreamBody::new(iter([piece]).chain(then));
    let patience = Patience::default();
    Upload {
        body: tonic::body::Body::new(body),
        pace: Pace::new(patience, Moves::default(), Instant::now(), None),
        call: Call::default(),
        message: OneMessage::default(),
        allowance: Allowance::Small(5),
        entry: None,
        intake: Some(Intake::new(Arc::clone(sealing))),
    }
}

type Piece = Result<Frame<Bytes>, Status>;

/// One that is whole, where many wait to be sealed.
fn held_up() -> (Arc<Sealing>, Upload) {
    let sealing = Arc::<Sealing>::default();
    sealing.crowd();
    let upload = upload(&sealing, empty());
    (sealing, upload)
}

/// What there is to be taken in now: so many bytes, or an error.
fn now(upload: &mut Upload) -> Option<Result<usize, tonic::Code>> {
    let next = poll_fn(|context| Pin::new(&mut *upload).poll_frame(context));
    let frame = next.now_or_never()?.unwrap();
    let length = |frame: Frame<Bytes>| frame.data_ref().unwrap().len();
    Some(frame.map(length).map_err(|status| status.code()))
}

#[tokio::test(start_paused = true)]
async fn what_has_come_is_not_taken_in_while_many_wait_to_be_sealed() {
    let (sealing, mut upload) = held_up();
    assert_eq!(now(&mut upload), None);
    sealing.disperse();
    assert_eq!(now(&mut upload), Some(Ok(5)));
}

#[tokio::test(start_paused = true)]
async fn a_request_of_which_nothing_more_is_there_keeps_nobody_out() {
    let sealing = Arc::<Sealing>::default();
    let mut slow: Vec<_> = (0..1000).map(|_| upload(&sealing, pending())).collect();
    for upload in &mut slow {
        assert_eq!(now(upload), Some(Ok(5)));
        assert_eq!(now(upload), None);
    }
    assert_eq!(now(&mut upload(&sealing, empty())), Some(Ok(5)));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_here_does_not_stand_still() {
    let (sealing, mut upload) = held_up();
    for _ in 0..5 {
        assert_eq!(now(&mut upload), None);
        advance(Duration::from_secs(9)).await;
    }
    sealing.disperse();
    assert_eq!(now(&mut upload), Some(Ok(5)));
}

#[tokio::test(start_paused = true)]
async fn it_waits_no_longer_than_requests_have_in_all() {
    let (_sealing, mut upload) = held_up();
    assert_eq!(now(&mut upload), None);
    advance(Duration::from_secs(61)).await;
    let no_time = Failure::no_time().status(None).code();
    assert_eq!(now(&mut upload), Some(Err(no_time)));
}

#[track_caller]
fn judged(pieces: &[&[u8]], holds: bool) {
    let mut message = OneMessage::default();
    let good = pieces.iter().all(|piece| message.holds(piece));
    assert_eq!(good, holds, "{pieces:?}");
}

#[test]
fn a_message_in_any_pieces_is_one() {
    let whole = b"\0\0\0\x01\x02".iter().chain(&[7; 258]);
    let whole: Vec<u8> = whole.copied().collect();
    judged(&[&whole], true);
    for size in [1, 2, 3, 4, 5, 6, 100] {
        judged(&whole.chunks(size).collect::<Vec<_>>(), true);
    }
    judged(&[b"\0\0\0\0\0"], true);
    judged(&[b"\0\0\0"], true);
    judged(&[], true);
}

#[test]
fn a_byte_after_it_is_one_too_many() {
    judged(&[b"\0\0\0\0\x01ab"], false);
    judged(&[b"\0\0\0\0\x01a", b"b"], false);
    judged(&[b"\0\0\0\0\0\0"], false);
    judged(&[b"\0\0", b"\0\0\0", b"\0\0\0\0\0"], false);
}

/// A body of these pieces, behind which nothing comes or the end.
fn whole(pieces: Vec<Bytes>, ends: bool) -> Whole {
    let mut upload = upload(&Arc::default(), empty());
    upload.allowance = Allowance::Small(1000);
    upload.body = if ends {
        tonic::body::Body::new(Full::from(pieces.concat()))
    } else {
        let frames = pieces.into_iter().map(|piece| Ok(Frame::data(piece)));
        let frames: Vec<Piece> = frames.collect();
        tonic::body::Body::new(StreamBody::new(iter(frames).chain(pending())))
    };
    Whole::new(upload)
}

/// What is handed on of it, and whether the end is.
fn handed_on(pieces: &[&'static [u8]], ends: bool) -> (Vec<u8>, bool) {
    let pieces = pieces.iter().map(|piece| Bytes::from_static(piece));
    let mut whole = whole(pieces.collect(), ends);
    let mut all = Vec::new();
    loop {
        let next = poll_fn(|context| Pin::new(&mut whole).poll_frame(context));
        match next.now_or_never() {
            Some(Some(frame)) => all.extend(frame.unwrap().into_data().unwrap()),
            Some(None) => return (all, true),
            None => return (all, false),
        }
    }
}

#[tokio::test]
async fn nothing_of_a_message_is_handed_on_before_it_is_whole() {
    assert_eq!(handed_on(&[b"\0\0\0"], false), (vec![], false));
    assert_eq!(handed_on(&[b"\0\0\0\0\x02", b"a"], false), (vec![], false));
    let whole = (b"\0\0\0\0\x02ab".to_vec(), false);
    assert_eq!(handed_on(&[b"\0\0\0\0\x02", b"a", b"b"], false), whole);
    assert_eq!(handed_on(&[b"\0\0\0\0\x02ab"], false), whole);
    assert_eq!(handed_on(&[b"\0\0\0\0\0"], false), (vec![0; 5], false));
}

#[tokio::test]
async fn what_is_never_whole_is_handed_on_with_its_end() {
    for message in [&b"\0\0\0"[..], b"\0\0\0\0\x02", b"\0\0\0\0\x02a"] {
        assert_eq!(handed_on(&[message], true), (message.to_vec(), true));
    }
    assert_eq!(handed_on(&[], true), (vec![], true));
}

#[tokio::test]
async fn a_message_that_is_too_long_for_everybody_is_not_waited_for() {
    let too_long = b"\0\0\x04\0\x01";
    assert_eq!(handed_on(&[too_long], false), (too_long.to_vec(), false));
    assert_eq!(handed_on(&[b"\0\0\x04\0\0"], false), (vec![], false));
}

#[tokio::test]
async fn a_piece_that_waits_for_others_holds_no_buffer_of_the_library() {
    struct Shared(Arc<[u8; 100]>);
    impl AsRef<[u8]> for Shared {
        fn as_ref(&self) -> &[u8] {
            &*self.0
        }
    }
    let buffer = Arc::new([0; 100]);
    let piece = Bytes::from_owner(Shared(Arc::clone(&buffer))).slice(..3);
    let mut whole = whole(vec![piece], false);
    assert_eq!(Arc::strong_count(&buffer), 2);
    let next = poll_fn(|context| Pin::new(&mut whole).poll_frame(context));
    assert!(next.now_or_never().is_none());
    assert_eq!(Arc::strong_count(&buffer), 1);
}
