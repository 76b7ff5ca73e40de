//! Keys, seal and passphrase as an operator meets them.

mod passkeys;

use super::{Operator, Serving};
use std::{
    io::Write as _,
    process::{Output, Stdio},
};

const PASSPHRASE: &str = "correct horse battery staple";

impl Operator {
    /// Runs a command with this on its standard input.
    fn told(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command(args);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_passphrase_instead_of_a_key_file() {
    let operator = Operator::new();
    let init = ["keys", "init", "--passphrase", "--passphrase-file", "-"];
    let short = operator.told(&init, "too short\n");
    assert!(!short.status.success() && said(&short).contains("at least 15"), "{short:?}");
    let made = operator.told(&init, &format!("{PASSPHRASE}\n"));
    assert!(made.status.success() && said(&made).contains("is this passphrase"), "{made:?}");
    assert!(!operator.data().join("root.key").exists(), "there is no key file beside it");
    let again = operator.told(&init, "another good passphrase\n");
    assert!(said(&again).contains("has its keys already"), "{again:?}");

    let serving = operator.serve();
    let told = operator.bad(&["apply", "-f", &operator.declaration(), "--yes"]);
    assert!(told.contains("the vault is sealed"), "{told}");
    let told = operator.bad(&["unseal"]);
    assert!(told.contains("there is no terminal") && told.contains("--passphrase-file"), "{told}");
    let unseal = ["unseal", "--passphrase-file", "-"];
    let wrong = operator.told(&unseal, "correct horse battery stapler\n");
    assert!(
        !wrong.status.success() && said(&wrong).contains("wrong passphrase; nothing was opened"),
        "{wrong:?}"
    );
    let file = operator.write("passphrase", &format!("{PASSPHRASE}\n"));
    operator.good(&["unseal", "--passphrase-file", &file]);
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let (_, log) = serving.stop();
    assert!(log.contains("enter it with: countersign-broker unseal"), "{log}");
    assert!(log.contains("a wrong passphrase was entered") && !log.contains("horse"), "{log}");

    // As a unit's credential; the flag says that it is a passphrase where the first start would make a file.
    let credentials = operator.path("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::copy(&file, credentials.join("countersign-passphrase")).unwrap();
    let mut command = operator.command(&["serve", "--listen", "127.0.0.1:0", "--root-key", "passphrase"]);
    command.env("CREDENTIALS_DIRECTORY", &credentials);
    let serving = Serving::start(command);
    let mut command = operator.command(&["unseal"]);
    let done = command.env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    operator.good(&["apply", "-f", &operator.declaration(), "--yes", "--reseal"]);
    serving.stop();
    let whole = operator.good(&["audit", "verify"]);
    assert!(whole.contains("records"), "{whole}");
}

#[test]
fn a_seal_holds_until_it_is_lifted() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let serving = operator.serve();
    let sealed = operator.good(&["seal", "--reason", "a stolen laptop"]);
    assert!(sealed.contains("Sealed") && sealed.contains("calls cut: 0"), "{sealed}");
    serving.stop();
    let serving = operator.serve();
    let reseal = ["apply", "-f", &operator.declaration(), "--yes", "--reseal"];
    assert!(operator.bad(&reseal).contains("the vault is sealed"));
    assert!(operator.good(&["unseal"]).contains("Unsealed with root key"));
    operator.good(&reseal);
    let (_, log) = serving.stop();
    assert!(log.contains("an operator sealed it"), "{log}");
    // Without a running broker it holds for the next one.
    operator.good(&["seal"]);
    let serving = operator.serve();
    assert!(operator.bad(&reseal).contains("the vault is sealed"));
    serving.stop();
    let lifted = operator.good(&["unseal"]);
    assert!(lifted.contains("No broker runs here"), "{lifted}");
    operator.good(&reseal);
    let exported = operator.good(&["audit", "export", "--kind", "vault.sealed"]);
    assert!(exported.lines().count() == 2 && exported.contains("a stolen laptop"), "{exported}");
}

#[test]
fn keys_are_rotated_with_and_without_a_running_broker() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let own = operator.data().join("root.key");
    let rotate_all = |first: i64| {
        let status = operator.good(&["keys", "status"]);
        assert!(status.contains(&format!("keyring  k{first} of")) && !status.contains("advice"), "{status}");
        let rotated = operator.good(&["keys", "rotate"]);
        assert!(
            rotated.contains(&format!("The keyring has one key, k{}: 2 records", first + 1)),
            "{rotated}"
        );
        let before = std::fs::read(&own).unwrap();
        let rooted = operator.good(&["keys", "rotate", "--root"]);
        assert!(rooted.contains("The root key is") && !rooted.contains("Left to do"), "{rooted}");
        assert_ne!(std::fs::read(&own).unwrap(), before);
        let signing = operator.good(&["keys", "rotate", "--signing"]);
        assert!(signing.contains("signs from now on; tokens of the old key are good until"), "{signing}");
        let leaked = operator.good(&["keys", "rotate", "--signing", "--leaked"]);
        assert!(leaked.contains("worth nothing"), "{leaked}");
        assert_eq!(operator.good(&["keys", "status"]).matches("signing").count(), 1);
    };
    rotate_all(1);
    let serving = operator.serve();
    rotate_all(2);
    // To a passphrase, which takes the place of the file, and back.
    let file = operator.write("passphrase", PASSPHRASE);
    operator.good(&["keys", "rotate", "--root", "--to", "passphrase", "--passphrase-file", &file]);
    assert!(!own.exists(), "the old key file opens nothing any more");
    serving.stop();
    let serving = operator.serve();
    let told = operator.bad(&["keys", "rotate"]);
    assert!(told.contains("the vault is sealed"), "{told}");
    operator.good(&["unseal", "--passphrase-file", &file]);
    assert!(operator.good(&["keys", "status"]).contains("(a passphrase)"));
    operator.good(&["keys", "rotate", "--root", "--to", "key"]);
    assert!(own.exists());
    serving.stop();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes", "--reseal"]);
    for clash in [["--root", "--signing"].as_slice(), &["--leaked"], &["--to", "key"]] {
        operator.bad(&[&["keys", "rotate"], clash].concat());
    }
    operator.good(&["audit", "verify"]);
}
