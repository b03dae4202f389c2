//! The states of one order, exhaustively: two gateways, calls that repeat themselves, claims whose
//! reply is lost or that are written when nobody waits any more, crashes, owners that are given up
//! while they live, and late ends. Whoever is frozen takes no step, which every order of steps has.
//!
//! What is done to the row is [`machine`](super::machine), as in the engines.

mod world;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

/// Names an attempt, as its UPI-UUID does.
type Uuid = u8;

/// Calls that each gateway gets, one after the other.
const CALLS: u8 = 2;
/// Crashes in all.
const CRASHES: u8 = 2;

/// A gateway, between two of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Idle,
    /// A claim is on its way.
    Claiming(Uuid),
    /// The claim was not replied to.
    Doubting(Uuid),
    /// The order is ours to send.
    Granted(Uuid),
    /// The request left.
    Sent(Uuid),
    /// The end is known, and told to nobody.
    Ended(Uuid, End),
    /// The end was told; the ledger has yet to take it.
    Owing(Uuid, End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Answered,
    NotSent,
    Unknown,
}

/// The states of a row; the answer is that to the row's attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Sending,
    Ended(End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    at: At,
    uuid: Uuid,
    owner: Owner,
}

/// A gateway, and how often it was started again.
type Owner = (usize, u8);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    row: Option<Row>,
    gateways: [Step; 2],
    starts: [u8; 2],
    calls: [u8; 2],
    crashes: u8,
    next: Uuid,
    /// Claims that the engine will execute, or not.
    pipe: Vec<(Uuid, Owner)>,
    /// Requests that left, and whether it is proven that UPI processed nothing.
    posts: Vec<(Uuid, bool)>,
    /// The answer that callers were told, and whether the ledger had it.
    told: Option<(Uuid, bool)>,
    /// What was promised, and broken at this step.
    broken: Option<Broken>,
    late: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Broken {
    SentTwice,
    TwoAnswers,
    ToldNotSent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// A call looks at the order.
    Look(usize),
    /// The engine executes a claim, and the reply arrives, or is lost.
    Execute(usize, bool),
    /// A claim is lost on its way.
    Lose(usize),
    StopWaiting(usize),
    ReadBack(usize, bool),
    Send(usize),
    /// Granted, and no caller has the time.
    Renounce(usize),
    End(usize, End),
    Settle(usize),
    SettleFails(usize),
    Crash(usize),
    Sweep,
}

struct Orders;

impl Model for Orders {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            row: None,
            gateways: [Step::Idle; 2],
            starts: [0; 2],
            calls: [0; 2],
            crashes: 0,
            next: 0,
            pipe: Vec::new(),
            posts: Vec::new(),
            told: None,
            broken: None,
            late: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (gateway, step) in world.gateways.iter().enumerate() {
            world.steps(gateway, *step, actions);
            if world.crashes < CRASHES && world.starts[gateway] < 1 {
                actions.push(Action::Crash(gateway));
            }
        }
        for claim in 0..world.pipe.len() {
            actions.push(Action::Execute(claim, true));
            actions.push(Action::Execute(claim, false));
            actions.push(Action::Lose(claim));
        }
        if world.row.is_some_and(|row| row.at == At::Sending) {
            actions.push(Action::Sweep);
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        world.take(action);
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every promise is kept", |_, world: &World| {
                world.broken.is_none()
            }),
            Property::always("no answer is forgotten", |_, world: &World| {
                world.remembers()
            }),
            Property::always("NOT_SENT has a proof", |_, world: &World| {
                let row = world.row.filter(|row| row.at == At::Ended(End::NotSent));
                row.is_none_or(|row| world.is_proven(row.uuid))
            }),
            Property::eventually("nothing is in flight for ever", |_, world: &World| {
                world.row.is_none_or(|row| row.at != At::Sending) && world.is_at_rest()
            }),
            Property::sometimes("an answer comes late", |_, world: &World| world.late),
            Property::sometimes("an order is sent after a proof", |_, world: &World| {
                world.posts.len() == 2 && world.posts[0].1 && !world.posts[1].1
            }),
            Property::sometimes("an answer is lost with its gateway", |_, world: &World| {
                let unknown = |row: Row| row.at == At::Ended(End::Unknown);
                world.told.is_some() && world.row.is_some_and(unknown) && world.is_at_rest()
            }),
        ]
    }
}

#[test]
fn no_order_of_steps_sends_twice_or_forgets_an_answer() {
    let checker = Orders.checker().threads(2);
    let checker = checker.finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}
