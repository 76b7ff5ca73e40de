//! `passkeys list` and `passkeys remove`, with and without a running broker.

use crate::cli::Operator;

#[test]
fn the_operator_sees_and_removes_passkeys() {
    let operator = Operator::new();
    operator.good(&["apply", "-f", &operator.declaration(), "--yes"]);
    let check = || {
        let listed = operator.good(&["passkeys", "list", "paul"]);
        assert_eq!(listed.trim(), "0 passkeys, 0 recovery codes left.");
        let removed = operator.good(&["passkeys", "remove", "paul"]);
        assert!(removed.contains("countersign-broker sign-in-link paul"), "{removed}");
        for verb in ["list", "remove"] {
            let told = operator.bad(&["passkeys", verb, "nobody"]);
            assert!(told.contains("there is no such person"), "{told}");
        }
    };
    check();
    let serving = operator.serve();
    check();
    serving.stop();
}
