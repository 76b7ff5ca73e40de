//! Counting what was used, behind the head of the record.

use crate::{
    app::App,
    ledger::acts::{Act, Counting},
    store::{chains, usage},
};

/// Records that are counted in one piece, and pieces in one sweep: what is left waits for the next.
const PIECE: i64 = 20_000;
const PIECES: usize = 50;

/// Counts what is new in every chain.
pub async fn count(app: &App) -> anyhow::Result<()> {
    let mut conn = app.store.read().await?;
    let cursors = usage::cursors(&mut conn).await?;
    let chains = chains::list(&mut conn).await?;
    drop(conn);
    let mut pieces = 0;
    for chain in chains {
        let mut from = cursors.get(&chain.number).copied().unwrap_or_default();
        while from < chain.head_seq && pieces < PIECES {
            // What was dropped before it was counted is not there to be counted.
            let begin = from.max(chain.dropped_seq);
            let to = chain.head_seq.min(begin + PIECE);
            let used = usage::count(&mut app.store.read().await?, chain.number, begin, to).await?;
            let counting = Counting { chain: chain.number, from, to, used };
            app.ledger.act(Act::Count(Box::new(counting))).await?;
            (from, pieces) = (to, pieces + 1);
        }
    }
    Ok(())
}
