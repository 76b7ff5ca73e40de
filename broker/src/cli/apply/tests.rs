use super::{
    EXAMPLE as WHOLE,
    file::{SecretSource, parse},
};
use protocol::services::{AuthStyle, Recogniser, ServiceKind};
use std::path::{Path, PathBuf};

fn refused(text: &str) -> String {
    format!("{:#}", parse(text, Path::new("")).unwrap_err())
}

#[test]
fn a_whole_file() {
    let declared = parse(WHOLE, Path::new("/etc/countersign")).unwrap();
    let wanted = &declared.wanted;
    assert_eq!(wanted.people[0].roles.len(), 2);
    let service = &wanted.services[0];
    assert_eq!((service.kind, service.allow_private, service.sensitive), (ServiceKind::Http, false, false));
    assert_eq!(service.auth, AuthStyle::Header { name: "X-Key".to_owned(), prefix: String::new() });
    let recogniser = Recogniser::Http { method: "GET".to_owned(), path: "/{repo}/issues".to_owned() };
    assert_eq!(service.actions[0].recogniser, recogniser);
    let [personal, shared] = wanted.connections.as_slice() else { panic!("two connections") };
    assert!(personal.has_secret && personal.owner.is_some() && shared.owner.is_none());
    let source = |name: &str| declared.sources[&name.parse().unwrap()].clone();
    assert_eq!(source("git-paul"), SecretSource::File(PathBuf::from("/etc/countersign/git.key")));
    assert_eq!(source("git-all"), SecretSource::Environment("GIT_KEY".to_owned()));
    assert_eq!(declared.secret_files[&"bot".parse().unwrap()], Path::new("/run/bot"));
    assert!(!wanted.agents[0].direct);
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for inline in ["\"hunter2hunter2\"", "123456789012", "1234567.89012", "[\"hunter2hunter2\"]", "true"] {
        let text = WHOLE.replace("{ file = \"git.key\" }", inline);
        let told = refused(&text);
        assert!(told.starts_with("line 31: a secret never stands in this file"), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("1234567"), "{told}");
    }
    for odd in ["{ file = \"a\", env = \"b\" }", "{ }", "{ value = \"hunter2hunter2\" }"] {
        let told = refused(&WHOLE.replace("{ file = \"git.key\" }", odd));
        assert!(told.contains("file") && told.contains("env") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn nothing_unknown_and_nothing_left_to_guess() {
    for (from, to, expected) in [
        ("@paul\"\nowner", "@paul\"\nownr", "unknown field `ownr`"),
        ("[[agent]]", "[[agents]]", "unknown field `agents`"),
        ("effect = \"read\"", "effect = \"look\"", "unknown variant `look`"),
        ("reversible = true\n", "", "missing field `reversible`"),
        ("style = \"header\",", "style = \"header\", value = \"x\",", "unknown field `value`"),
        ("approvers = []", "#", "connection git-all: say either owner"),
        ("approvers = []", "owner = \"paul\"\napprovers = []", "connection git-all: say either owner"),
        ("name = \"bot\"", "name = \"Bot\"", "expected a name of 1 to 63 characters"),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let told = refused(&WHOLE.replacen(from, to, 1));
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let broken = refused("[[connection]]\nsecret = \"hunter2hunter2");
    assert!(broken.starts_with("line 2") && !broken.contains("hunter2"), "{broken}");
}
