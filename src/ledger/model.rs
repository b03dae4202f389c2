//! The states of one order, exhaustively: two gateways, calls that repeat themselves, claims whose
//! reply is lost or that are written when nobody waits any more, crashes, owners that are given up
//! while they live, and late ends. Whoever is frozen takes no step, which every order of steps has.
//!
//! What is done to the row is [`machine`], as in the engines.

use stateright::{Checker as _, HasDiscoveries, Model, Property};
use time::OffsetDateTime;

use super::machine;
use crate::domain::{Answer, Confidence, Outcome};
use crate::verify::port::{Digest, KeyId, Settlement, State};

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

impl World {
    fn steps(&self, gateway: usize, step: Step, actions: &mut Vec<Action>) {
        let waits = self.row.is_some_and(|row| row.at == At::Sending);
        match step {
            Step::Idle if self.calls[gateway] < CALLS && !waits => {
                actions.push(Action::Look(gateway));
            }
            Step::Idle => {}
            Step::Claiming(_) => actions.push(Action::StopWaiting(gateway)),
            Step::Doubting(_) => {
                actions.extend([true, false].map(|reads| Action::ReadBack(gateway, reads)));
            }
            Step::Granted(_) => actions.extend([Action::Send(gateway), Action::Renounce(gateway)]),
            Step::Sent(_) => {
                let ends = [End::Answered, End::NotSent, End::Unknown];
                actions.extend(ends.map(|end| Action::End(gateway, end)));
            }
            Step::Ended(..) => {
                actions.extend([Action::Settle(gateway), Action::SettleFails(gateway)]);
            }
            Step::Owing(..) => actions.push(Action::Settle(gateway)),
        }
    }

    fn take(&mut self, action: Action) {
        match action {
            Action::Look(gateway) => self.look(gateway),
            Action::Execute(claim, replied) => self.execute(claim, replied),
            Action::Lose(claim) => drop(self.pipe.remove(claim)),
            Action::Sweep => self.sweep(),
            Action::Crash(gateway) => {
                self.gateways[gateway] = Step::Idle;
                self.starts[gateway] += 1;
                self.crashes += 1;
            }
            Action::StopWaiting(gateway)
            | Action::ReadBack(gateway, _)
            | Action::Send(gateway)
            | Action::Renounce(gateway)
            | Action::End(gateway, _)
            | Action::Settle(gateway)
            | Action::SettleFails(gateway) => {
                self.gateways[gateway] = self.go_on(gateway, action);
            }
        }
    }

    fn go_on(&mut self, gateway: usize, action: Action) -> Step {
        match (self.gateways[gateway], action) {
            (Step::Claiming(uuid), Action::StopWaiting(_)) => Step::Doubting(uuid),
            (Step::Doubting(uuid), Action::ReadBack(_, reads)) => self.read_back(uuid, reads),
            (Step::Granted(uuid), Action::Send(_)) => self.send(uuid),
            (Step::Granted(uuid), Action::Renounce(_)) => Step::Ended(uuid, End::NotSent),
            (Step::Sent(uuid), Action::End(_, end)) => self.learn(uuid, end),
            (Step::Ended(uuid, end), Action::Settle(_)) => {
                self.settle(gateway, uuid, end);
                self.tell(uuid, end);
                Step::Idle
            }
            (Step::Ended(uuid, end), Action::SettleFails(_)) => {
                self.tell(uuid, end);
                Step::Owing(uuid, end)
            }
            (Step::Owing(uuid, end), Action::Settle(_)) => {
                self.settle(gateway, uuid, end);
                Step::Idle
            }
            (step, _) => step,
        }
    }

    /// A call that finds an end is told it; one that finds none claims.
    fn look(&mut self, gateway: usize) {
        self.calls[gateway] += 1;
        let free = self.row.is_none_or(|row| row.at == At::Ended(End::NotSent));
        if !free {
            self.replay();
            return;
        }
        let uuid = self.next;
        self.next += 1;
        self.pipe.push((uuid, (gateway, self.starts[gateway])));
        self.gateways[gateway] = Step::Claiming(uuid);
    }

    fn execute(&mut self, claim: usize, replied: bool) {
        let (uuid, owner) = self.pipe.remove(claim);
        let free = self.row.is_none_or(|row| claimable(row.at));
        if free {
            let at = At::Sending;
            self.row = Some(Row { at, uuid, owner });
        }
        let waits = self.gateways[owner.0] == Step::Claiming(uuid);
        if waits && replied {
            self.gateways[owner.0] = match free {
                true => Step::Granted(uuid),
                false => self.stand(),
            };
        }
    }

    fn read_back(&mut self, uuid: Uuid, reads: bool) -> Step {
        match self.row.filter(|_| reads) {
            Some(row) if row.uuid == uuid && row.at == At::Sending => Step::Granted(uuid),
            Some(row) if row.at != At::Ended(End::NotSent) => self.stand(),
            _ => Step::Ended(uuid, End::NotSent),
        }
    }

    /// Somebody else has the order.
    fn stand(&mut self) -> Step {
        self.replay();
        Step::Idle
    }

    fn send(&mut self, uuid: Uuid) -> Step {
        if self.posts.iter().any(|(_, proven)| !proven) {
            self.broken = Some(Broken::SentTwice);
        }
        self.posts.push((uuid, false));
        Step::Sent(uuid)
    }

    fn learn(&mut self, uuid: Uuid, end: End) -> Step {
        for (sent, proven) in &mut self.posts {
            *proven |= *sent == uuid && end == End::NotSent;
        }
        Step::Ended(uuid, end)
    }

    fn settle(&mut self, gateway: usize, uuid: Uuid, end: End) {
        let owner = (gateway, self.starts[gateway]);
        let Some(row) = self
            .row
            .as_mut()
            .filter(|row| row.owner == owner && row.uuid == uuid)
        else {
            return;
        };
        let given_up = row.at == At::Ended(End::Unknown);
        if machine::settled(&state(row.at), &settlement(end)).is_some() {
            self.late |= given_up && end == End::Answered;
            row.at = At::Ended(end);
        }
    }

    fn sweep(&mut self) {
        if let Some(row) = &mut self.row {
            row.at = At::Ended(End::Unknown);
        }
    }

    fn replay(&mut self) {
        if let Some(Row {
            at: At::Ended(End::Answered),
            uuid,
            ..
        }) = self.row
        {
            self.tell(uuid, End::Answered);
        }
    }

    fn tell(&mut self, uuid: Uuid, end: End) {
        match end {
            End::Answered => {
                let recorded = self.has_answer(uuid);
                let before = self.told.replace((uuid, recorded));
                if before.is_some_and(|(before, _)| before != uuid) {
                    self.broken = Some(Broken::TwoAnswers);
                }
            }
            End::NotSent if !self.is_proven(uuid) => self.broken = Some(Broken::ToldNotSent),
            End::NotSent | End::Unknown => {}
        }
    }

    fn has_answer(&self, uuid: Uuid) -> bool {
        let row = self.row.filter(|row| row.uuid == uuid);
        row.is_some_and(|row| row.at == At::Ended(End::Answered))
    }

    fn is_proven(&self, uuid: Uuid) -> bool {
        self.posts
            .iter()
            .all(|(sent, proven)| *sent != uuid || *proven)
    }

    /// An answer that was told stands, or is owed by a gateway, or was with one that crashed: then
    /// the order is with nobody else, and may not be sent.
    fn remembers(&self) -> bool {
        match (self.told, self.row) {
            (None, _) => true,
            (Some((uuid, true)), _) => self.has_answer(uuid),
            (Some((uuid, false)), Some(row)) => {
                row.uuid == uuid && row.at != At::Ended(End::NotSent)
            }
            (Some(_), None) => false,
        }
    }

    fn is_at_rest(&self) -> bool {
        self.gateways == [Step::Idle; 2] && self.pipe.is_empty()
    }
}

const DIGEST: Digest = Digest {
    key: KeyId([0; 8]),
    value: [0; 32],
};

fn claimable(at: At) -> bool {
    machine::claimable(&state(at), DIGEST, DIGEST)
}

fn state(at: At) -> State {
    match at {
        At::Sending => State::Sending,
        At::Ended(end) => settlement(end).into(),
    }
}

fn settlement(end: End) -> Settlement {
    match end {
        End::Answered => Settlement::Answered(Answer {
            outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
            upi_uuid: String::new(),
            answered_at: OffsetDateTime::UNIX_EPOCH,
        }),
        End::NotSent => Settlement::NotSent,
        End::Unknown => Settlement::OutcomeUnknown,
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
