//! How many people a decision takes and which proof, and what the viewer's passkey is asked for it.

use super::super::Visitor;
use crate::{
    app::App,
    fault::Fault,
    people::{
        passkeys::{
            Answered, Passkey,
            challenge::{Nonce, spent},
            relying,
            relying::Answer,
            trusted,
        },
        permission::{Grounds, deciders},
    },
    store::{grants::Stored, passkeys, people},
    vault::VaultError,
};
use domain::{
    definition, digest,
    proof::{self, Means},
    quorum::{Approver, Quorum},
    state::Evidence,
    tier::{terms_tier, tier_on},
};
use protocol::{
    Digest, Slug, Terms, Tier,
    card::{CardQuorum, Given, PasskeyAnswer, PasskeyQuestion},
};

/// What a person can bring to a decision where they look at it.
pub(in crate::grants) struct Hand {
    pub means: Means,
    passkeys: Vec<Passkey>,
}

/// Looks what the visitor can bring.
pub(in crate::grants) async fn hand(
    app: &App,
    visitor: &Visitor,
    stored: &Stored,
    grounds: Grounds<'_>,
) -> Result<Hand, Fault> {
    let mut conn = app.store.read().await?;
    let people = people::list(&mut conn).await?;
    let me = &visitor.person.id;
    let others = deciders(&people, &stored.grant.asked, grounds).iter().any(|it| it.id != *me);
    let has_any = passkeys::count(&mut conn, me).await? > 0;
    drop(conn);
    let passkeys = match trusted(app, me).await {
        Ok(passkeys) if visitor.has_a_browser() => passkeys,
        Ok(_) | Err(Fault::Vault(VaultError::Sealed)) => Vec::new(),
        Err(fault) => return Err(fault),
    };
    let passkey = match (passkeys.is_empty(), has_any) {
        (false, _) => proof::Passkey::Here,
        (true, true) => proof::Passkey::Elsewhere,
        (true, false) => proof::Passkey::Missing,
    };
    Ok(Hand { means: Means { passkey, others }, passkeys })
}

impl Hand {
    /// Whether a decision on these terms takes this person's passkey.
    fn takes_passkey(&self, app: &App, terms: &Terms) -> bool {
        proof::takes_passkey(terms_tier(terms), self.means.has_passkey(), &app.policy)
    }

    /// What the passkey is asked for the card as it stands.
    pub(super) fn question(
        &self,
        app: &App,
        visitor: &Visitor,
        stored: &Stored,
        terms: &Terms,
        grant_digest: &Digest,
    ) -> Result<Option<PasskeyQuestion>, Fault> {
        if self.means.passkey != proof::Passkey::Here || !self.takes_passkey(app, terms) {
            return Ok(None);
        }
        let nonce = Nonce::fresh(app)?;
        let challenge = challenge(stored, grant_digest, &visitor.person.id, nonce.text());
        let options = relying(app)?.ask(&self.passkeys, &challenge)?;
        Ok(Some(PasskeyQuestion { nonce: nonce.text().to_owned(), options }))
    }
}

fn challenge(stored: &Stored, grant_digest: &Digest, person: &Slug, nonce: &str) -> [u8; 32] {
    digest::approval_challenge(&stored.grant.request_digest, grant_digest, person, nonce)
}

/// Checks what the passkey answered to the approval of exactly this.
pub(in crate::grants) fn checked(
    app: &App,
    visitor: &Visitor,
    stored: &Stored,
    hand: &Hand,
    grant_digest: &Digest,
    given: &PasskeyAnswer,
) -> Result<(Evidence, Answered), Fault> {
    let person = &visitor.person.id;
    let nonce = Nonce::read(app, &given.nonce)?;
    let answer = Answer::parse(&given.answer)?;
    let challenge = challenge(stored, grant_digest, person, nonce.text());
    let used = relying(app)?.check(&hand.passkeys, &challenge, &answer)?;
    let behind = hand.passkeys.iter().any(|it| it.credential == used.credential && used.is_behind(it));
    let evidence = Evidence {
        credential: used.credential.clone(),
        nonce: given.nonce.clone(),
        answer: serde_json::to_value(&answer).map_err(|error| Fault::Internal(error.to_string()))?,
    };
    Ok((evidence, Answered { used, spent: spent(&challenge, &nonce), behind }))
}

/// How many people it takes for what the card shows, and who has approved exactly this.
pub(super) fn quorum(
    app: &App,
    visitor: &Visitor,
    stored: &Stored,
    terms: &Terms,
    grant_digest: &Digest,
) -> CardQuorum {
    let quorum = Quorum::of(terms, &app.policy);
    let proposal = stored.grant.proposal();
    let consents = proposal.into_iter().flat_map(|it| &it.consents);
    let same = proposal.is_some_and(|it| it.grant_digest == *grant_digest);
    let given: Vec<Given> = consents
        .clone()
        .filter(|_| same)
        .map(|it| &it.verdict)
        .map(|it| Given {
            by: it.by.clone(),
            at: it.at,
            reason: it.reason.clone(),
            let_in_by: it.let_in_by.clone(),
        })
        .collect();
    let otherwise = consents.clone().filter(|_| !same).map(|it| it.verdict.by.clone()).collect();
    let viewer = Approver { person: &visitor.person.id, let_in_by: &visitor.let_in_by };
    let hands: Vec<Approver<'_>> =
        consents.filter(|_| same).map(|it| it.verdict.approver()).chain([viewer]).collect();
    let missing = quorum.missing(&hands, &stored.grant.asked.owner).map(|it| it.to_string());
    CardQuorum { approvals: quorum.approvals, given, missing, otherwise }
}

/// What the button says: it repeats the worst of what it does, and whether that is all it takes. (That it asks the
/// passkey, the page shows by a sign: on a phone there is no room for more words.)
pub(super) fn label(terms: &Terms, quorum: Option<&CardQuorum>) -> String {
    // Nothing is chosen yet of what is offered: it would be the worst of things that nobody is about to approve.
    let offered = terms.unchosen && quorum.is_none();
    let grave = terms.lines.iter().filter(|_| !offered).flat_map(|line| {
        line.actions.iter().filter(move |action| tier_on(action, line) >= Tier::High).map(definition::does)
    });
    let mut grave: Vec<String> = grave.collect();
    grave.dedup();
    let what = match grave.as_slice() {
        [] => "as shown".to_owned(),
        [one] => format!("“{one}”"),
        [one, rest @ ..] => format!("“{one}” and {} more", rest.len()),
    };
    let waits = quorum.and_then(|it| it.missing.as_ref()).map(|_| ", as one of several").unwrap_or_default();
    format!("Approve {what}{waits}")
}
