//! One batch inside its transaction: everything but the begin and the commit.

use super::{
    acts::{Act, Acting},
    intent::{Answer, Authorise, Finish, Intent, Mint, Why},
    judge::Judge,
    memory::ActiveGrants,
    pen::Pen,
    revoke,
};
use crate::{
    events::Event,
    failpoint,
    store::{Conn, calls, exec},
};
use domain::watermark::Watermarks;
use protocol::{CallId, record::Actor};

/// What nobody can tell any more.
pub(super) const UNKNOWN: &str = "call.outcome_unknown";

/// What one intent came to.
pub(super) type Outcome = Result<Answer, Why>;

/// What a batch works with.
pub(super) struct Batch<'a> {
    pub conn: &'a mut Conn,
    /// Whether it is judged without reading.
    pub at_once: bool,
    pub active: &'a ActiveGrants,
    /// The revision of what admins declared.
    pub revision: i64,
    pub marks: &'a Watermarks,
    pub pen: &'a mut Pen,
}

impl Batch<'_> {
    /// Judges and applies every intent; the outcomes are in the order of the intents.
    pub async fn run(&mut self, intents: &[&Intent]) -> sqlx::Result<Vec<Outcome>> {
        let mut outcomes: Vec<Option<Outcome>> = intents.iter().map(|_| None).collect();
        self.acts(intents, &mut outcomes).await?;
        self.mints(intents, &mut outcomes).await?;
        self.authorisations(intents, &mut outcomes).await?;
        failpoint::hit("ledger.judged").await?;
        self.ends(intents, &mut outcomes).await?;
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or(Ok(Answer::Done))).collect())
    }

    /// The rare intents, one by one in savepoints, ordered by what they are about.
    async fn acts(&mut self, intents: &[&Intent], outcomes: &mut [Option<Outcome>]) -> sqlx::Result<()> {
        let mut rare: Vec<(usize, &Act)> = intents
            .iter()
            .enumerate()
            .filter_map(|(at, intent)| match intent {
                Intent::Act(act) => Some((at, &**act)),
                _ => None,
            })
            .collect();
        rare.sort_by(|(_, one), (_, other)| one.about().cmp(&other.about()));
        for (at, act) in rare {
            outcomes[at] = Some(self.in_savepoint(act).await?);
        }
        for (at, intent) in intents.iter().enumerate() {
            if let Intent::Revoke(revocation) = intent {
                outcomes[at] = Some(revoke::apply(self.conn, self.active, self.pen, revocation).await?);
            }
        }
        Ok(())
    }

    async fn in_savepoint(&mut self, act: &Act) -> sqlx::Result<Outcome> {
        if self.marks.suspended().is_some() && !act.goes_while_suspended() {
            return Ok(Err(Why::NotAccepted));
        }
        let mark = self.pen.mark();
        exec!(&mut *self.conn, "SAVEPOINT act")?;
        let acting = Acting { conn: self.conn, active: self.active, marks: self.marks, pen: self.pen };
        let outcome = act.apply(acting).await?;
        if outcome.is_err() {
            self.pen.rewind(mark);
            exec!(&mut *self.conn, "ROLLBACK TO SAVEPOINT act")?;
        }
        exec!(&mut *self.conn, "RELEASE SAVEPOINT act")?;
        Ok(outcome)
    }

    fn judge(&mut self) -> Judge<'_> {
        Judge {
            conn: self.conn,
            at_once: self.at_once,
            active: self.active,
            revision: self.revision,
            marks: self.marks,
            pen: self.pen,
        }
    }

    async fn mints(&mut self, intents: &[&Intent], outcomes: &mut [Option<Outcome>]) -> sqlx::Result<()> {
        let (places, mints): (Vec<usize>, Vec<&Mint>) = pick(intents, |intent| match intent {
            Intent::Mint(mint) => Some(&**mint),
            _ => None,
        });
        if mints.is_empty() {
            return Ok(());
        }
        let verdicts = self.judge().mint(&mints).await?;
        self.settle(&places, verdicts, outcomes);
        Ok(())
    }

    async fn authorisations(
        &mut self,
        intents: &[&Intent],
        outcomes: &mut [Option<Outcome>],
    ) -> sqlx::Result<()> {
        let (places, wanted): (Vec<usize>, Vec<&Authorise>) = pick(intents, |intent| match intent {
            Intent::Authorise(call) => Some(&**call),
            _ => None,
        });
        if wanted.is_empty() {
            return Ok(());
        }
        let verdicts = self.judge().authorise(&wanted).await?;
        self.settle(&places, verdicts, outcomes);
        Ok(())
    }

    fn settle(&self, places: &[usize], verdicts: Vec<Result<(), Why>>, outcomes: &mut [Option<Outcome>]) {
        for (at, verdict) in places.iter().zip(verdicts) {
            outcomes[*at] = Some(verdict.map(|()| Answer::At(self.pen.now)));
        }
    }

    /// What became of calls, and refusals that were decided elsewhere.
    async fn ends(&mut self, intents: &[&Intent], outcomes: &mut [Option<Outcome>]) -> sqlx::Result<()> {
        // What is known of a call is not made unknown by a broker that takes another for dead.
        let doubtful = |intent: &&Intent| match intent {
            Intent::Finish(finish) if finish.kind == UNKNOWN => Some(finish.call.clone()),
            _ => None,
        };
        let doubtful: Vec<CallId> = intents.iter().filter_map(doubtful).collect();
        let open = if doubtful.is_empty() { Vec::new() } else { calls::finish(self.conn, &doubtful).await? };
        for (at, intent) in intents.iter().enumerate() {
            match intent {
                Intent::Finish(finish) => {
                    if finish.kind != UNKNOWN {
                        self.pen.over.push(finish.call.clone());
                        self.finished(finish);
                    } else if open.iter().any(|id| id == finish.call.as_str()) {
                        self.finished(finish);
                    }
                    outcomes[at] = Some(Ok(Answer::Done));
                }
                Intent::Refused(entry) => {
                    self.pen.entry(entry);
                    self.pen.events.extend(entry.grant.clone().map(|grant| Event::Call { grant }));
                    outcomes[at] = Some(Ok(Answer::Done));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn finished(&mut self, finish: &Finish) {
        let actor = Actor::Agent { agent: finish.agent.clone() };
        let (grant, call) = (finish.grant.clone(), finish.call.clone());
        self.pen.write(finish.kind, actor, Some(grant.clone()), Some(call), finish.facts.clone());
        self.pen.events.push(Event::Call { grant });
    }
}

/// The intents of one kind, with their places in the batch.
fn pick<'a, T>(
    intents: &[&'a Intent],
    kind: impl Fn(&'a Intent) -> Option<&'a T>,
) -> (Vec<usize>, Vec<&'a T>) {
    let of_kind = |(at, intent): (usize, &&'a Intent)| kind(intent).map(|it| (at, it));
    intents.iter().enumerate().filter_map(of_kind).unzip()
}
