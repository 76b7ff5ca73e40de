//! The shape of the workspace, read from `cargo metadata` and held against the design:
//! which crate may know which, and what the pure crates must never reach for.

use serde_json::Value;

/// All crates and the arrows between them; there are no others.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("domain", &["protocol"]),
    ("agent-client", &["protocol"]),
    ("web-ui", &["protocol", "domain"]),
    ("broker", &["protocol", "domain", "web-ui"]),
    ("bench", &["broker", "protocol", "domain", "agent-client"]),
    ("campaign", &["broker", "protocol", "domain", "agent-client"]),
    ("mutants", &[]),
    ("xtask", &[]),
];

/// Arrows that only tests may follow: the broker's browser flows let a real agent work through it.
const TEST_ARROWS: &[(&str, &str)] = &[("broker", "agent-client")];

/// Rules and words only: time, randomness, ids and I/O are the caller's.
const PURE: &[&str] = &["protocol", "domain"];
const IMPURE: &[&str] = &["tokio", "axum", "sqlx", "rand", "getrandom", "uuid", "reqwest"];

/// What is wrong with the workspace that `cargo metadata --no-deps` described, if anything.
pub fn check(metadata: &Value) -> Vec<String> {
    let packages = array(&metadata["packages"]);
    let mut wrong: Vec<String> = packages.iter().flat_map(check_package).collect();
    let names: Vec<&str> = packages.iter().map(|package| text(&package["name"])).collect();
    let absent = ARROWS.iter().filter(|(name, _)| !names.contains(name));
    wrong.extend(absent.map(|(name, _)| format!("the crate {name} is not in the workspace")));
    wrong
}

fn check_package(package: &Value) -> Vec<String> {
    let name = text(&package["name"]);
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
        return vec![format!("the crate {name} is not in the design: add it to xtask/src/architecture.rs")];
    };
    let dependencies = array(&package["dependencies"]);
    dependencies.iter().filter_map(|dependency| check_dependency(name, allowed, dependency)).collect()
}

fn check_dependency(name: &str, allowed: &[&str], dependency: &Value) -> Option<String> {
    let to = text(&dependency["name"]);
    let ours = ARROWS.iter().any(|(known, _)| *known == to);
    let in_tests = dependency["kind"] == "dev" && TEST_ARROWS.contains(&(name, to));
    if ours && !allowed.contains(&to) && !in_tests {
        return Some(format!("{name} must not depend on {to}"));
    }
    if !PURE.contains(&name) {
        return None;
    }
    if IMPURE.contains(&to) {
        return Some(format!("{name} is pure: it must not depend on {to}"));
    }
    (to == "chrono" && has_clock(dependency)).then(|| format!("{name} is pure: chrono without its clock"))
}

/// chrono's default features include the clock.
fn has_clock(dependency: &Value) -> bool {
    let features = array(&dependency["features"]);
    dependency["uses_default_features"] != false || features.iter().any(|f| f == "clock" || f == "now")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A workspace as designed, plus one dependency that breaks a rule.
    fn with(from: &str, dependency: &Value) -> Vec<String> {
        let packages = ARROWS.iter().map(|(name, arrows)| {
            let mut dependencies: Vec<Value> =
                arrows.iter().map(|to| json!({"name": to, "kind": null})).collect();
            dependencies.push(json!({"name": "serde", "kind": null}));
            if *name == from {
                dependencies.push(dependency.clone());
            }
            json!({"name": name, "dependencies": dependencies})
        });
        check(&json!({"packages": packages.collect::<Vec<_>>()}))
    }

    #[test]
    fn the_design_itself_passes() {
        assert_eq!(with("", &Value::Null), Vec::<String>::new());
    }

    #[test]
    fn every_arrow_that_is_not_designed_fails() {
        for (from, allowed) in ARROWS {
            for (to, _) in ARROWS.iter().filter(|(to, _)| !allowed.contains(to)) {
                for kind in [json!(null), json!("dev"), json!("build")] {
                    if kind == "dev" && TEST_ARROWS.contains(&(from, to)) {
                        assert_eq!(with(from, &json!({"name": to, "kind": kind})), Vec::<String>::new());
                        continue;
                    }
                    let wrong = with(from, &json!({"name": to, "kind": kind}));
                    assert_eq!(wrong, [format!("{from} must not depend on {to}")]);
                }
            }
        }
    }

    #[test]
    fn the_pure_crates_reach_for_nothing() {
        for pure in PURE {
            for impure in IMPURE {
                let wrong = with(pure, &json!({"name": impure, "kind": "dev"}));
                assert_eq!(wrong, [format!("{pure} is pure: it must not depend on {impure}")]);
            }
        }
        assert!(with("broker", &json!({"name": "tokio", "kind": null})).is_empty());
    }

    #[test]
    fn the_pure_crates_have_no_clock() {
        let chrono = |defaults, features| json!({"name": "chrono", "uses_default_features": defaults, "features": features});
        let wrong = ["domain is pure: chrono without its clock"];
        assert_eq!(with("domain", &chrono(true, json!([]))), wrong);
        assert_eq!(with("domain", &chrono(false, json!(["clock"]))), wrong);
        assert_eq!(with("domain", &chrono(false, json!(["now"]))), wrong);
        assert!(with("domain", &chrono(false, json!(["serde", "std"]))).is_empty());
        assert!(with("broker", &chrono(true, json!([]))).is_empty());
    }

    #[test]
    fn a_crate_more_or_less_fails() {
        let wrong = check(&json!({"packages": [{"name": "helpers", "dependencies": []}]}));
        assert!(wrong[0].starts_with("the crate helpers is not in the design"), "{wrong:?}");
        assert!(wrong.contains(&"the crate broker is not in the workspace".to_owned()), "{wrong:?}");
    }
}
