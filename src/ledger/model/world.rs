//! What each step does, and what was promised of it.

use time::OffsetDateTime;

use super::{Action, At, Broken, CALLS, End, Row, Step, Uuid, World};
use crate::domain::{Answer, Confidence, Outcome};
use crate::ledger::machine;
use crate::verify::port::{Digest, KeyId, Settlement, State};

impl World {
    pub(super) fn steps(&self, gateway: usize, step: Step, actions: &mut Vec<Action>) {
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

    pub(super) fn take(&mut self, action: Action) {
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

    pub(super) fn is_proven(&self, uuid: Uuid) -> bool {
        self.posts
            .iter()
            .all(|(sent, proven)| *sent != uuid || *proven)
    }

    /// An answer that was told stands, or is owed by a gateway, or was with one that crashed: then
    /// the order is with nobody else, and may not be sent.
    pub(super) fn remembers(&self) -> bool {
        match (self.told, self.row) {
            (None, _) => true,
            (Some((uuid, true)), _) => self.has_answer(uuid),
            (Some((uuid, false)), Some(row)) => {
                row.uuid == uuid && row.at != At::Ended(End::NotSent)
            }
            (Some(_), None) => false,
        }
    }

    pub(super) fn is_at_rest(&self) -> bool {
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
