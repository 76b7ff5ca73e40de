use super::*;
use std::os::unix::fs::PermissionsExt;

fn client(url: &str) -> Client {
    Client::new(url, "bot", "csn_a_x").unwrap()
}

fn redeemed(ends_at: &str) -> Redeemed {
    Redeemed {
        grant: RequestId::from_u128(1).grant(),
        grant_token: "token".to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: 60,
        ends_at: ends_at.parse().unwrap(),
        authorization_details: Vec::new(),
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path().join("countersign")).unwrap();
    (directory, store)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_token_is_kept_for_its_broker_alone_and_closed_to_others() {
    let (_directory, store) = store();
    let (id, ours) = (RequestId::from_u128(1), client("https://a.example"));
    let reserved = store.reserve(&id).unwrap();
    reserved.keep(&ours, redeemed("2030-01-01T00:00:00Z")).unwrap();

    assert_eq!((mode(&store.directory), mode(&store.path(&id))), (0o700, 0o600));
    assert_eq!(store.load(&id, &ours).unwrap().unwrap().grant_token, "token");
    assert_eq!(store.load(&id, &client("https://b.example")).unwrap(), None);
    assert_eq!(store.load(&RequestId::from_u128(2), &ours).unwrap(), None);

    store.forget(&id).unwrap();
    assert_eq!(store.load(&id, &ours).unwrap(), None);
}

#[test]
fn a_reservation_that_is_not_used_leaves_nothing() {
    let (_directory, store) = store();
    drop(store.reserve(&RequestId::from_u128(1)).unwrap());
    assert_eq!(fs::read_dir(&store.directory).unwrap().count(), 0);
}

#[test]
fn what_is_over_is_swept() {
    let (_directory, store) = store();
    let ours = client("https://a.example");
    for (number, ends_at) in [(1, "2026-01-01T00:00:00Z"), (2, "2026-01-01T00:00:01Z")] {
        store.reserve(&RequestId::from_u128(number)).unwrap().keep(&ours, redeemed(ends_at)).unwrap();
    }
    fs::write(store.directory.join("broken.json"), "{").unwrap();
    store.sweep("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(store.load(&RequestId::from_u128(1), &ours).unwrap(), None);
    assert!(store.load(&RequestId::from_u128(2), &ours).unwrap().is_some());
}

#[test]
fn a_directory_that_others_can_enter_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let open = directory.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Store::at(open.clone()).is_err());
    std::os::unix::fs::symlink(&open, directory.path().join("link")).unwrap();
    assert!(Store::at(directory.path().join("link")).is_err());
}
