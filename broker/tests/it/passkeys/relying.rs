//! An answer counts for exactly one challenge, on one site, by one of the passkeys that were asked.

use crate::support::{
    installation::{slug, start_of_time},
    soft_passkey::{Forged, SoftPasskey},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::people::passkeys::{
    Passkey,
    relying::{Answer, Holder, Made, Refused, Relying},
};
use serde_json::Value;

const HERE: &str = "https://countersign.example:8443";
const ASKED: [u8; 32] = [7; 32];

fn relying() -> Relying {
    Relying::new(HERE).unwrap()
}

fn holder() -> Holder<'static> {
    Holder { user: b"someone", name: "ana", title: "Ana" }
}

/// A passkey that was made as it should be.
fn made() -> (SoftPasskey, Passkey) {
    let mut soft = SoftPasskey::at(HERE);
    let options = relying().enrol(holder(), &[], &ASKED).unwrap();
    let made = Made::parse(&soft.enrol(&options)).unwrap();
    let enrolled = relying().enrolled(&[], &ASKED, &made).unwrap();
    assert_eq!(enrolled.credential, soft.credential());
    let passkey = Passkey {
        credential: enrolled.credential,
        person: slug("ana"),
        name: "Laptop".to_owned(),
        public: enrolled.public,
        created_at: start_of_time(),
        last_used_at: None,
        counter: enrolled.counter,
        backed_up: enrolled.backed_up,
        record: String::new(),
        let_in_by: Vec::new(),
    };
    (soft, passkey)
}

fn answered(soft: &mut SoftPasskey, passkeys: &[Passkey], challenge: &[u8; 32]) -> Answer {
    let options = relying().ask(passkeys, challenge).unwrap();
    Answer::parse(&soft.answer(&options)).unwrap()
}

#[test]
fn a_browser_is_asked_for_our_challenge_and_nothing_less_than_a_verified_person() {
    let (_, passkey) = made();
    let options: Value =
        serde_json::from_str(&relying().enrol(holder(), std::slice::from_ref(&passkey), &ASKED).unwrap())
            .unwrap();
    assert_eq!(options["challenge"], BASE64_URL_SAFE_NO_PAD.encode(ASKED));
    assert_eq!(options["rp"]["id"], "countersign.example");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"][0]["id"], passkey.credential);
    let algorithms: Vec<i64> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["alg"].as_i64().unwrap())
        .collect();
    assert_eq!(algorithms, [-7, -8, -257]);
    let options: Value =
        serde_json::from_str(&relying().ask(std::slice::from_ref(&passkey), &ASKED).unwrap()).unwrap();
    assert_eq!(options["challenge"], BASE64_URL_SAFE_NO_PAD.encode(ASKED));
    assert_eq!(options["rpId"], "countersign.example");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"][0]["id"], passkey.credential);
    let anyone: Value = serde_json::from_str(&relying().ask(&[], &ASKED).unwrap()).unwrap();
    assert_eq!(anyone["allowCredentials"], serde_json::json!([]));
}

#[test]
fn an_answer_counts_for_the_challenge_that_was_asked_and_for_no_other() {
    let (mut soft, passkey) = made();
    let passkeys = [passkey];
    let answer = answered(&mut soft, &passkeys, &ASKED);
    let used = relying().check(&passkeys, &ASKED, &answer).unwrap();
    assert_eq!((used.credential.as_str(), used.counter), (passkeys[0].credential.as_str(), 1));
    assert!(used.backed_up);
    // A challenge that the library made itself is one of many that are not ours.
    let mut other = ASKED;
    other[31] ^= 1;
    let random: [u8; 32] =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"random").as_ref().try_into().unwrap();
    for theirs in [other, random] {
        let refused = relying().check(&passkeys, &theirs, &answer).unwrap_err();
        assert_eq!(refused, Refused::OtherChallenge);
        let answer = answered(&mut soft, &passkeys, &theirs);
        assert_eq!(relying().check(&passkeys, &ASKED, &answer).unwrap_err(), Refused::OtherChallenge);
    }
}

#[test]
fn an_answer_to_a_challenge_of_the_librarys_own_is_refused() {
    use webauthn_rs_core::WebauthnCore;
    let (mut soft, passkey) = made();
    let origin = HERE.parse().unwrap();
    let library = WebauthnCore::new_unsafe_experts_only(
        "Countersign",
        "countersign.example",
        vec![origin],
        std::time::Duration::from_mins(1),
        None,
        None,
    );
    let credential = serde_json::from_str(&passkey.public).unwrap();
    let builder = library.new_challenge_authenticate_builder(vec![credential], None).unwrap();
    let (options, state) = library.generate_challenge_authenticate(builder).unwrap();
    let text = soft.answer(&serde_json::to_string(&options.public_key).unwrap());
    // The library itself takes it: nothing else is wrong with it.
    library.authenticate_credential(&serde_json::from_str(&text).unwrap(), &state).unwrap();
    let answer = Answer::parse(&text).unwrap();
    assert_eq!(relying().check(&[passkey], &ASKED, &answer).unwrap_err(), Refused::OtherChallenge);
}

#[test]
fn a_forged_answer_is_refused_for_what_is_wrong_with_it() {
    let text = |it: &str| Some(it.to_owned());
    let port = HERE.replace("8443", "8444");
    let cases = [
        (Forged { origin: text("https://countersign.example"), ..Forged::default() }, Refused::OtherSite),
        (Forged { origin: Some(port), ..Forged::default() }, Refused::OtherSite),
        (
            Forged { origin: text("https://a.countersign.example:8443"), ..Forged::default() },
            Refused::OtherSite,
        ),
        (Forged { origin: text("http://countersign.example:8443"), ..Forged::default() }, Refused::OtherSite),
        (Forged { rp_id: text("example"), ..Forged::default() }, Refused::OtherSite),
        (Forged { cross_origin: true, ..Forged::default() }, Refused::OtherSite),
        (Forged { unverified: true, ..Forged::default() }, Refused::NotVerified),
        (Forged { challenge: text("AAAA"), ..Forged::default() }, Refused::OtherChallenge),
        (Forged { credential: text("AAAA"), ..Forged::default() }, Refused::Unknown),
    ];
    for (forged, expected) in cases {
        let (mut soft, passkey) = made();
        soft.forged = forged.clone();
        let passkeys = [passkey];
        let answer = answered(&mut soft, &passkeys, &ASKED);
        assert_eq!(relying().check(&passkeys, &ASKED, &answer), Err(expected.clone()), "{forged:?}");
        let mut fresh = SoftPasskey::at(HERE);
        fresh.forged = forged.clone();
        if forged.credential.is_none() {
            let options = relying().enrol(holder(), &[], &ASKED).unwrap();
            let made = Made::parse(&fresh.enrol(&options)).unwrap();
            assert_eq!(relying().enrolled(&[], &ASKED, &made).unwrap_err(), expected, "{forged:?}");
        }
    }
}

#[test]
fn another_passkey_cannot_answer_for_one() {
    let ((_, ours), (mut theirs, other)) = (made(), made());
    let answer = answered(&mut theirs, &[], &ASKED);
    assert_eq!(relying().check(std::slice::from_ref(&ours), &ASKED, &answer).unwrap_err(), Refused::Unknown);
    // It says that it is ours, but signs with its own key.
    theirs.forged.credential = Some(ours.credential.clone());
    let answer = answered(&mut theirs, &[], &ASKED);
    let refused = relying().check(std::slice::from_ref(&ours), &ASKED, &answer).unwrap_err();
    assert!(matches!(refused, Refused::Invalid(_)), "{refused:?}");
    // A row whose public key was swapped does not even get so far.
    let swapped = Passkey { public: other.public, ..ours };
    let refused = relying().check(&[swapped], &ASKED, &answer).unwrap_err();
    assert!(matches!(refused, Refused::Invalid(_)), "{refused:?}");
}

#[test]
fn a_credential_is_not_enrolled_twice() {
    let (mut soft, passkey) = made();
    let options = relying().enrol(holder(), &[], &ASKED).unwrap();
    let made = Made::parse(&soft.enrol(&options)).unwrap();
    assert!(matches!(relying().enrolled(&[passkey], &ASKED, &made), Err(Refused::Invalid(_))));
}

#[test]
fn a_counter_that_does_not_grow_is_seen_but_does_not_fail_a_check() {
    let (mut soft, passkey) = made();
    let mut passkeys = [passkey];
    for (stored, now, behind) in [(0, 0, false), (0, 1, false), (5, 6, false), (5, 5, true), (5, 0, true)] {
        passkeys[0].counter = stored;
        soft.forged.counter = Some(now);
        let answer = answered(&mut soft, &passkeys, &ASKED);
        let used = relying().check(&passkeys, &ASKED, &answer).unwrap();
        assert_eq!(used.is_behind(&passkeys[0]), behind, "{stored} then {now}");
    }
}

#[test]
fn an_answer_is_the_same_after_it_was_kept() {
    let (mut soft, passkey) = made();
    let passkeys = [passkey];
    let answer = answered(&mut soft, &passkeys, &ASKED);
    let kept = serde_json::to_string(&answer).unwrap();
    let read = Answer::parse(&kept).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), kept);
    relying().check(&passkeys, &ASKED, &read).unwrap();
}

#[test]
fn there_are_no_passkeys_for_addresses_that_browsers_refuse() {
    for fine in ["https://a.example", "http://localhost:8420", "http://cs.localhost:1"] {
        Relying::new(fine).unwrap();
    }
    for refused in ["http://127.0.0.1:8420", "https://[::1]:1", "http://a.example", "nonsense"] {
        assert!(matches!(Relying::new(refused), Err(Refused::Address(_))), "{refused}");
    }
    for nothing in ["", "{}", "null", &"x".repeat(100_000)] {
        assert_eq!(Answer::parse(nothing).unwrap_err(), Refused::Unreadable);
        assert_eq!(Made::parse(nothing).unwrap_err(), Refused::Unreadable);
    }
}
