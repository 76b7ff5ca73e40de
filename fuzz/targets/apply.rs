//! Whatever stands in an `apply` file: it is read or refused, a secret written into it is never repeated, and what is
//! read says of each connection whose it is.
#![no_main]

use libfuzzer_sys::fuzz_target;

const CANARY: &str = "canary-0123456789-secret";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    read(&text);
    // Somebody put the secret itself where its place should be named.
    let (before, after) = text.split_once('@').unwrap_or((&text, ""));
    if before.contains('\n') || after.contains('\n') {
        return;
    }
    let file = format!(
        "[[connection]]\nname = \"git-paul\"\nservice = \"git\"\naccount = \"@paul\"\nowner = \"paul\"\n\
         secret = {before}\"{CANARY}\"{after}\n"
    );
    if let Err(error) = fuzz::apply::parse(&file) {
        let told = format!("{error:#} {error:?}");
        assert!(!told.contains(CANARY), "{told}");
    }
});

fn read(text: &str) {
    let Ok(declared) = fuzz::apply::parse(text) else { return };
    let wanted = &declared.wanted;
    for connection in &wanted.connections {
        assert!(connection.owner.is_none() || connection.approvers.is_empty());
        assert_eq!(connection.has_secret, declared.sources.contains_key(&connection.name));
    }
    // What the broker is told is what was read.
    let told = serde_json::to_string(wanted).unwrap();
    assert_eq!(serde_json::from_str::<fuzz::services::Wanted>(&told).unwrap(), *wanted);
}
