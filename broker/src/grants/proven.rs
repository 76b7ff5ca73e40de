//! What was approved is what people's passkeys signed: looked at again before a session begins, because a row of the
//! database is no proof. Whoever can only write the database can make no approval that takes one.

use crate::{
    app::App,
    fault::Fault,
    people::passkeys::{relying, relying::Answer, trusted},
    store::grants::Stored,
};
use domain::{
    digest::{approval_challenge, grant_digest},
    proof,
    quorum::Quorum,
    state::{Approval, Evidence, Verdict},
};
use protocol::Digest;

/// Whether the approval of a request holds: the digest of what it grants, or why not. None where nothing is approved.
pub(super) async fn proven(app: &App, stored: &Stored) -> Result<Option<Digest>, Fault> {
    let Some(approval) = stored.grant.approval() else { return Ok(None) };
    if grant_digest(&approval.terms) != approval.grant_digest {
        return Err(refused("what stands in the database is not what was approved"));
    }
    let quorum = Quorum::of(&approval.terms, &app.policy);
    if let Some(missing) = quorum.missing(&approval.quorum(), &stored.grant.asked.owner) {
        return Err(refused(&format!("it takes more people than approved it: {missing}")));
    }
    let needed = proof::takes_evidence(&approval.terms, &app.policy);
    for (verdict, evidence) in approval.decisions() {
        match evidence {
            Some(evidence) => holds(app, stored, approval, verdict, evidence).await?,
            None if needed => return Err(refused("it takes a passkey, and none approved it")),
            None => {}
        }
    }
    Ok(Some(approval.grant_digest.clone()))
}

async fn holds(
    app: &App,
    stored: &Stored,
    approval: &Approval,
    verdict: &Verdict,
    evidence: &Evidence,
) -> Result<(), Fault> {
    let passkeys = trusted(app, &verdict.by).await?;
    if !passkeys.iter().any(|it| it.credential == evidence.credential) {
        return Err(refused(&format!("the passkey by which {} approved it is no longer there", verdict.by)));
    }
    let (asked, granted) = (&stored.grant.request_digest, &approval.grant_digest);
    let challenge = approval_challenge(asked, granted, &verdict.by, &evidence.nonce);
    let answer = Answer::parse(&evidence.answer.to_string())?;
    let checked = relying(app)?.check(&passkeys, &challenge, &answer);
    checked.map(drop).map_err(|why| refused(&format!("the proof of {} does not hold: {why}", verdict.by)))
}

fn refused(why: &str) -> Fault {
    Fault::Forbidden(format!("{why}. The session was not started; ask again"))
}
