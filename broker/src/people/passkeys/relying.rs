//! The relying party of WebAuthn: what a browser is asked, and whether what comes back is the answer to exactly that.
//! The only file that touches the library.
//!
//! The library makes random challenges and keeps them in a state. Ours mean something (`challenge.rs`), so the state is
//! written out, the challenge in it replaced, and read again; the answer is held against that one and no other. Nothing
//! here needs a broker: an answer can be checked years later with the public key, the origin and the challenge.

use super::Passkey;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AttestationConveyancePreference, AuthenticationState, COSEAlgorithm, Credential, PublicKeyCredential,
        RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
    },
};

/// What a browser asks for, and an answer is bound to.
pub type Challenge = [u8; 32];

/// How long a browser waits for the person.
const PATIENCE: Duration = Duration::from_secs(120);
/// RS256 is what the TPM behind Windows Hello makes; the broker only ever verifies with it.
const ALGORITHMS: [COSEAlgorithm; 3] = [COSEAlgorithm::ES256, COSEAlgorithm::EDDSA, COSEAlgorithm::RS256];
/// Longer answers are not ones. A signature and what it covers takes under two thousand.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Why there can be no passkeys, or why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Browsers do not make passkeys for this address.
    #[error("{0}")]
    Address(&'static str),
    /// It was asked too long ago.
    #[error("this page was opened more than five minutes ago: load it again, and use your passkey then")]
    Late,
    /// What came is no answer of a browser.
    #[error("this is no answer of a passkey")]
    Unreadable,
    /// It is the answer to something else.
    #[error("the passkey answered another question than the one that was asked")]
    OtherChallenge,
    /// It was given to another site.
    #[error("the passkey was used on another site than this one")]
    OtherSite,
    /// The person was not asked for a finger, face or PIN.
    #[error("the passkey did not check that it is you: it must ask for your finger, face or PIN")]
    NotVerified,
    /// It is no passkey of this person.
    #[error("this passkey is not one of yours here")]
    Unknown,
    /// The signature, or anything else about it, is wrong.
    #[error("the passkey's answer is not valid: {0}")]
    Invalid(String),
}

impl From<WebauthnError> for Refused {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::MismatchedChallenge => Self::OtherChallenge,
            WebauthnError::InvalidRPOrigin
            | WebauthnError::InvalidRPIDHash
            | WebauthnError::CredentialCrossOrigin => Self::OtherSite,
            WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Self::NotVerified,
            WebauthnError::CredentialNotFound => Self::Unknown,
            other => Self::Invalid(other.to_string()),
        }
    }
}

/// What a passkey answered, as the browser gave it. Its JSON is what is kept with a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answer(PublicKeyCredential);

impl Answer {
    /// Reads what a browser sent.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        read(text).map(Self)
    }

    /// The credential that answered, in base64url.
    pub fn credential(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0.raw_id)
    }

    /// Whether another site's page held ours when it was given; the library looks at that only when a passkey is made.
    fn is_from_a_frame(&self) -> Result<bool, Refused> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ClientData {
            #[serde(default)]
            cross_origin: bool,
        }
        let data: ClientData =
            serde_json::from_slice(&self.0.response.client_data_json).map_err(|_| Refused::Unreadable)?;
        Ok(data.cross_origin)
    }

    /// Whom the authenticator keeps it for, if it says so.
    pub fn user(&self) -> Option<&[u8]> {
        self.0.get_user_unique_id()
    }
}

/// What a new passkey answered.
#[derive(Debug, Clone)]
pub struct Made(RegisterPublicKeyCredential);

impl Made {
    /// Reads what a browser sent.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        read(text).map(Self)
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    if text.len() > LONGEST_ANSWER {
        return Err(Refused::Unreadable);
    }
    serde_json::from_str(text).map_err(|_| Refused::Unreadable)
}

/// For whom a passkey is made.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// What the authenticator knows them by: the same for every passkey of theirs, and no name.
    pub user: &'a [u8],
    /// Their name here.
    pub name: &'a str,
    /// Their name for people.
    pub title: &'a str,
}

/// A credential that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its id, in base64url.
    pub credential: String,
    /// The public key and what was said when it was made, as the library writes it.
    pub public: String,
    /// Its counter; 0 where it has none.
    pub counter: u32,
    /// Whether it is kept in more than one place.
    pub backed_up: bool,
}

/// A passkey that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Which, in base64url.
    pub credential: String,
    /// Its counter now; 0 where it has none.
    pub counter: u32,
    /// Whether it is kept in more than one place.
    pub backed_up: bool,
}

impl Used {
    /// Whether its counter did not grow: there may be a copy of it.
    pub fn is_behind(&self, passkey: &Passkey) -> bool {
        (self.counter > 0 || passkey.counter > 0) && self.counter <= passkey.counter
    }
}

/// One origin that passkeys are made for and answer to.
#[derive(Debug, Clone)]
pub struct Relying {
    core: WebauthnCore,
    id: String,
    origin: String,
}

impl Relying {
    /// For exactly this origin, with its port.
    pub fn new(public_url: &str) -> Result<Self, Refused> {
        let url = Url::parse(public_url).map_err(|_| Refused::Address("the public URL is no address"))?;
        let Some(url::Host::Domain(host)) = url.host() else {
            return Err(Refused::Address(
                "browsers make passkeys for names, not for numbers: reach Countersign by a host name",
            ));
        };
        if url.scheme() != "https" && host != "localhost" && !host.ends_with(".localhost") {
            return Err(Refused::Address("browsers make passkeys over HTTPS only, or on localhost"));
        }
        let id = host.to_owned();
        let origin = url.origin().ascii_serialization();
        let core = WebauthnCore::new_unsafe_experts_only(
            "Countersign",
            &id,
            vec![url],
            PATIENCE,
            Some(false),
            Some(false),
        );
        Ok(Self { core, id, origin })
    }

    /// The host that credentials are bound to.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The one origin that may use them.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the browser is asked to make, as JSON for `parseCreationOptionsFromJSON`.
    pub fn enrol(
        &self,
        holder: Holder<'_>,
        existing: &[Passkey],
        challenge: &Challenge,
    ) -> Result<String, Refused> {
        let (mut options, _) = self.core.generate_challenge_register(self.making(holder, existing)?)?;
        options.public_key.challenge = challenge.to_vec();
        write(&options.public_key)
    }

    /// Whether this is a new credential, made for exactly this challenge.
    pub fn enrolled(
        &self,
        existing: &[Passkey],
        challenge: &Challenge,
        made: &Made,
    ) -> Result<Enrolled, Refused> {
        // Of the holder nothing comes into the state.
        let anybody = Holder { user: &[0], name: "-", title: "-" };
        let (_, state) = self.core.generate_challenge_register(self.making(anybody, existing)?)?;
        let state: RegistrationState = with_challenge(&state, challenge)?;
        let credential = self.core.register_credential(&made.0, &state, None)?;
        Ok(Enrolled {
            credential: BASE64_URL_SAFE_NO_PAD.encode(&credential.cred_id),
            public: write(&credential)?,
            counter: credential.counter,
            backed_up: credential.backup_state,
        })
    }

    fn making(
        &self,
        holder: Holder<'_>,
        existing: &[Passkey],
    ) -> Result<webauthn_rs_core::ChallengeRegisterBuilder, Refused> {
        let exclude = existing.iter().filter_map(|it| BASE64_URL_SAFE_NO_PAD.decode(&it.credential).ok());
        let builder = self.core.new_challenge_register_builder(holder.user, holder.name, holder.title)?;
        Ok(builder
            .attestation(AttestationConveyancePreference::None)
            .user_verification_policy(UserVerificationPolicy::Required)
            .require_resident_key(true)
            .credential_algorithms(ALGORITHMS.to_vec())
            .exclude_credentials(Some(exclude.collect())))
    }

    /// What the browser is asked to sign with one of these, as JSON for `parseRequestOptionsFromJSON`; with whichever the
    /// person chooses, where none is named.
    pub fn ask(&self, passkeys: &[Passkey], challenge: &Challenge) -> Result<String, Refused> {
        let asked = self.core.new_challenge_authenticate_builder(credentials(passkeys)?, REQUIRED)?;
        let (mut options, _) = self.core.generate_challenge_authenticate(asked)?;
        options.public_key.challenge = challenge.to_vec();
        write(&options.public_key)
    }

    /// Whether one of these passkeys answered exactly this challenge, here, after checking who holds it. Counters are not
    /// judged: whoever keeps them compares ([`Used::is_behind`]).
    pub fn check(
        &self,
        passkeys: &[Passkey],
        challenge: &Challenge,
        answer: &Answer,
    ) -> Result<Used, Refused> {
        if answer.is_from_a_frame()? {
            return Err(Refused::OtherSite);
        }
        let asked = self.core.new_challenge_authenticate_builder(credentials(passkeys)?, REQUIRED)?;
        let (_, state) = self.core.generate_challenge_authenticate(asked)?;
        let state: AuthenticationState = with_challenge(&state, challenge)?;
        let used = self.core.authenticate_credential(&answer.0, &state)?;
        Ok(Used {
            credential: BASE64_URL_SAFE_NO_PAD.encode(used.cred_id()),
            counter: used.counter(),
            backed_up: used.backup_state(),
        })
    }
}

const REQUIRED: Option<UserVerificationPolicy> = Some(UserVerificationPolicy::Required);

/// The credentials behind passkeys. The library refuses a counter that did not grow; starting from none leaves that
/// to who keeps them.
fn credentials(passkeys: &[Passkey]) -> Result<Vec<Credential>, Refused> {
    let credential = |passkey: &Passkey| {
        let stored: Credential = serde_json::from_str(&passkey.public)
            .map_err(|_| Refused::Invalid("its stored public key is damaged".to_owned()))?;
        if BASE64_URL_SAFE_NO_PAD.encode(&stored.cred_id) != passkey.credential {
            return Err(Refused::Invalid("its stored public key is another's".to_owned()));
        }
        let registration_policy = UserVerificationPolicy::Required;
        Ok(Credential { counter: 0, registration_policy, ..stored })
    };
    passkeys.iter().map(credential).collect()
}

/// A state of the library with our challenge in the place of its own.
fn with_challenge<T: Serialize + DeserializeOwned>(state: &T, challenge: &Challenge) -> Result<T, Refused> {
    let failed = |_| Refused::Invalid("the library's state has changed its form".to_owned());
    let mut state = serde_json::to_value(state).map_err(failed)?;
    match state.get_mut("challenge") {
        Some(Value::String(theirs)) => *theirs = BASE64_URL_SAFE_NO_PAD.encode(challenge),
        _ => return Err(Refused::Invalid("the library's state has changed its form".to_owned())),
    }
    serde_json::from_value(state).map_err(failed)
}

fn write<T: Serialize>(it: &T) -> Result<String, Refused> {
    Ok(json!(it).to_string())
}
