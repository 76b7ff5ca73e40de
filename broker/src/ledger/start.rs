//! Starting and ending an incarnation: a chain of its own that links to the heads it found.

use super::{
    Job, Ledger, QUEUE,
    facts::Facts,
    intent::{Entry, Finish, Intent},
    memory::ActiveGrants,
    pen::Chain,
    pulse::Pulse,
    queues::Queues,
    unrecorded::{Attempts, Unrecorded},
    writer::Writer,
};
use crate::{
    clock::Clock,
    events::Events,
    metrics,
    store::{Engine, Store, batch, calls, chains, exec, time, wal, watermarks},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    chain::{Head, START},
    watermark::Watermarks,
};
use protocol::{Digest, RequestId, record::Actor};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};
use tokio::{sync::mpsc, task::JoinHandle};

/// A broker that was not heard of for this long is taken for dead, where several may run.
pub const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// A ledger that has begun its chain.
pub struct Opened {
    /// The handle.
    pub ledger: Ledger,
    /// The writer; it ends when the last handle is gone.
    pub writer: JoinHandle<()>,
}

impl Ledger {
    /// Opens a new chain named `chain`, links it to the heads that are there, and starts the writer.
    pub async fn open(
        store: Store,
        clock: Clock,
        events: Events,
        chain: String,
        why: &str,
        metrics: metrics::Ledger,
    ) -> anyhow::Result<Opened> {
        let Begun { marks, last, number, links, log } = begin_chain(&store, &clock, &chain).await?;
        let silent_since = clock.now() - SILENCE;
        let active = ActiveGrants::default();
        let (agents, agents_queue) = mpsc::channel::<Job>(QUEUE);
        let (people, people_queue) = mpsc::channel::<Job>(QUEUE);
        let (urgent, urgent_queue) = mpsc::channel::<Job>(QUEUE);
        let (later, later_queue) = mpsc::channel::<Job>(QUEUE);
        let unrecorded = Unrecorded::default();
        let pulse = Arc::new(Pulse::new(last, marks.seen()));
        let writer = Writer {
            store: store.clone(),
            clock,
            events,
            chain: Chain { name: chain.clone(), number },
            head: Head::default(),
            marks,
            revision: None,
            last,
            conn: None,
            active: active.clone(),
            log,
            since_checkpoint: 0,
            queues: Queues::new(urgent_queue, people_queue, agents_queue, later_queue),
            metrics: metrics.clone(),
            pulse: pulse.clone(),
            attempts: Attempts::new(unrecorded.clone()),
        };
        let writer = tokio::spawn(writer.run());
        let chain = Arc::from(chain);
        let ledger = Self { agents, people, urgent, later, active, chain, metrics, pulse, unrecorded };
        let facts = Facts::from_iter([("links".to_owned(), links), ("why".to_owned(), json!(why))]);
        let entry = Entry { kind: "broker.started", actor: Actor::Broker, grant: None, call: None, facts };
        ledger.submit(Intent::Refused(Box::new(entry))).await?;
        ledger.settle_dead_calls(&store, silent_since).await?;
        Ok(Opened { ledger, writer })
    }

    /// Marks the open calls of brokers that are gone as of unknown outcome.
    pub async fn settle_dead_calls(&self, store: &Store, silent_since: DateTime<Utc>) -> anyhow::Result<u64> {
        let silent_since = if store.engine() == Engine::Sqlite { time(0) } else { silent_since };
        let mut settled = 0;
        loop {
            let open = calls::open_of_dead(&mut store.read().await?, silent_since, self.chain()).await?;
            if open.is_empty() {
                return Ok(settled);
            }
            for (call, grant) in open {
                let grant = format!("{}{grant}", RequestId::PREFIX).parse::<RequestId>()?.grant();
                let agent = crate::store::grants::find(&mut store.read().await?, &grant.request())
                    .await?
                    .ok_or_else(|| anyhow::anyhow!("the open call {call} belongs to no grant"))?
                    .grant
                    .asked
                    .agent
                    .id;
                let facts = Facts::from_iter([("why".to_owned(), json!("its broker stopped"))]);
                let kind = "call.outcome_unknown";
                let finish = Finish { call: call.parse()?, grant, agent, kind, facts: facts.into() };
                self.submit(Intent::Finish(Box::new(finish))).await?;
                settled += 1;
            }
        }
    }
}

/// What the start of a chain found.
struct Begun {
    marks: Watermarks,
    last: DateTime<Utc>,
    number: i64,
    links: serde_json::Value,
    log: Option<PathBuf>,
}

async fn begin_chain(store: &Store, clock: &Clock, chain: &str) -> anyhow::Result<Begun> {
    let mut conn = store.writer().await?;
    let start = batch::begin_sql(conn.engine());
    exec!(&mut conn, start)?;
    // Alone: two chains that begin at once must not have one number, and what is read here is of one moment.
    watermarks::lock_alone(&mut conn).await?;
    let heads = chains::list(&mut conn).await?;
    let last = chains::last_sign_of_life(&mut conn).await?;
    clock.not_before(time(last));
    let now = clock.now().max(time(last));
    if conn.engine() == Engine::Sqlite {
        // This process holds the lock that every writer holds: nobody else can be alive.
        chains::end_others(&mut conn, chain).await?;
    }
    let number = chains::open(&mut conn, chain, Digest::from_bytes(&START).as_str(), now).await?;
    let mut marks = Watermarks::default();
    for (revocation, key) in watermarks::after(&mut conn, 0).await? {
        marks.learn(revocation, &key);
    }
    exec!(&mut conn, "COMMIT")?;
    let links: Vec<_> = heads
        .iter()
        .filter(|it| it.head_seq > 0)
        .map(|it| json!({"chain": it.id, "seq": it.head_seq, "hash": it.head_hash}))
        .collect();
    let log = wal::file(&mut conn).await?;
    Ok(Begun { marks, last: now, number, links: json!(links), log })
}
