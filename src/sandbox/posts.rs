//! What was received, by order id: counts, sizes and protected headers, and nothing of a
//! person.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::domain::OrderId;

/// Orders kept; the oldest are dropped first.
const MAX_ORDERS: usize = 100_000;

/// The sandbox's record of what it received, by order id; a cheap handle.
#[derive(Clone, Default)]
pub struct Posts(Arc<Mutex<Orders>>);

/// What is known of one order id's POSTs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Post {
    /// POSTs whose signature was good, whatever was answered.
    pub posts: u64,
    /// POSTs whose signature was refused with 401.
    pub refused: u64,
    /// Bytes of the last body.
    pub body_bytes: usize,
    /// The decoded protected header of the last `encData`: JSON, or empty if there is none.
    pub jwe_header: String,
    /// The decoded protected header of the last UPI-JWS: JSON, or empty if there is none.
    pub jws_header: String,
}

pub(super) struct Arrival {
    pub(super) signature_good: bool,
    pub(super) body_bytes: usize,
    pub(super) jwe_header: String,
    pub(super) jws_header: String,
}

#[derive(Default)]
struct Orders {
    by_id: HashMap<OrderId, Order>,
    oldest_first: VecDeque<OrderId>,
}

#[derive(Default)]
struct Order {
    post: Post,
    used: bool,
}

impl Posts {
    /// The record of one order id; `None` when nothing came under it.
    #[must_use]
    pub fn of(&self, order_id: &str) -> Option<Post> {
        let id = OrderId::parse(order_id).ok()?;
        self.lock().by_id.get(&id).map(|order| order.post.clone())
    }

    /// Counts a POST that was received completely.
    pub(super) fn count(&self, id: &OrderId, arrival: Arrival) {
        let mut orders = self.lock();
        let post = &mut orders.entry(id).post;
        if arrival.signature_good {
            post.posts += 1;
        } else {
            post.refused += 1;
        }
        post.body_bytes = arrival.body_bytes;
        post.jwe_header = arrival.jwe_header;
        post.jws_header = arrival.jws_header;
    }

    /// Uses an order id up; `false` when it was used before.
    pub(super) fn use_up(&self, id: &OrderId) -> bool {
        !std::mem::replace(&mut self.lock().entry(id).used, true)
    }

    pub(super) fn to_json(&self) -> Value {
        let orders = self.lock();
        let shown: Map<String, Value> = orders
            .oldest_first
            .iter()
            .filter_map(|id| Some((id.as_str().to_owned(), orders.by_id.get(id)?.post.to_json())))
            .collect();
        json!({ "orders": shown })
    }

    // A panic elsewhere leaves counters that are still worth showing.
    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    fn entry(&mut self, id: &OrderId) -> &mut Order {
        if !self.by_id.contains_key(id) {
            if self.oldest_first.len() == MAX_ORDERS
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.by_id.remove(&oldest);
            }
            self.oldest_first.push_back(id.clone());
        }
        self.by_id.entry(id.clone()).or_default()
    }
}

impl Post {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "posts": self.posts,
            "refused": self.refused,
            "body_bytes": self.body_bytes,
            "jwe_header": header(&self.jwe_header),
            "jws_header": header(&self.jws_header),
        })
    }
}

fn header(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Arrival, MAX_ORDERS, Posts};
    use crate::domain::OrderId;

    fn id(number: usize) -> OrderId {
        OrderId::parse(&format!("{number:035}")).unwrap()
    }

    fn arrival(signature_good: bool, body_bytes: usize) -> Arrival {
        Arrival {
            signature_good,
            body_bytes,
            jwe_header: r#"{"alg":"RSA1_5"}"#.to_owned(),
            jws_header: String::new(),
        }
    }

    #[test]
    fn good_and_refused_posts_are_counted_apart_and_the_last_body_is_kept() {
        let posts = Posts::default();
        posts.count(&id(1), arrival(true, 10));
        posts.count(&id(1), arrival(true, 20));
        posts.count(&id(1), arrival(false, 30));
        let post = posts.of(id(1).as_str()).unwrap();
        assert_eq!((post.posts, post.refused, post.body_bytes), (2, 1, 30));
    }

    #[test]
    fn an_order_id_is_used_up_once() {
        let posts = Posts::default();
        assert!(posts.use_up(&id(1)));
        assert!(!posts.use_up(&id(1)));
        assert!(posts.use_up(&id(2)));
    }

    #[test]
    fn the_oldest_order_is_dropped_when_there_are_too_many() {
        let posts = Posts::default();
        for number in 0..=MAX_ORDERS {
            posts.count(&id(number), arrival(true, 1));
        }
        assert_eq!(posts.of(id(0).as_str()), None);
        assert!(posts.of(id(1).as_str()).is_some());
        assert!(posts.of(id(MAX_ORDERS).as_str()).is_some());
        assert_eq!(posts.lock().by_id.len(), MAX_ORDERS);
    }

    #[test]
    fn json_shows_headers_decoded_and_absent_ones_as_null() {
        let posts = Posts::default();
        posts.count(&id(1), arrival(true, 10));
        let expected = format!(
            r#"{{"orders":{{"{}":{{"posts":1,"refused":0,"body_bytes":10,"jwe_header":{{"alg":"RSA1_5"}},"jws_header":null}}}}}}"#,
            id(1)
        );
        assert_eq!(posts.to_json().to_string(), expected);
    }
}
