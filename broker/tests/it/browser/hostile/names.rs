//! The same by names, resources and conditions; and what is refused.

use super::cases::{Case, line, usual};
use serde_json::{Value, json};

/// A request that is not.
pub struct Refusal {
    pub tries: &'static str,
    pub lines: Value,
    pub purpose: String,
    /// The field that is named, and what is said of it.
    pub field: &'static str,
    pub why: &'static str,
}

/// A request with the usual purpose.
fn case(
    name: &'static str,
    tries: &'static str,
    sees: &'static str,
    lines: Value,
    says: &'static str,
) -> Case {
    let purpose = "Answer the questions in new issues.".to_owned();
    Case { name, tries, sees, agent: "triage-bot", lines, purpose, removed: 0, says }
}

/// Names, resources and conditions that pretend.
pub fn names() -> Vec<Case> {
    [resources(), limits(), titles()].into_iter().flatten().collect()
}

fn resources() -> Vec<Case> {
    let many: Vec<String> = (1..=50).map(|n| format!("acme/project-{n}")).collect();
    let long = format!("acme/{}", "x".repeat(195));
    let several: Vec<Value> = (1..=10).map(|n| line(&json!([format!("acme/part-{n}")]))).collect();
    let words = "releases on Team chat, for 1 minute";
    let chat =
        json!([{"service": "chat", "actions": ["messages.read", "messages.draft"], "resources": [words]}]);
    let encoded = json!([line(&json!(["acme/%2e%2e%2fpayroll", "acme/%252e%252e"]))]);
    vec![
        case(
            "resource-words",
            "A resource whose name goes on with the sentence",
            "The name in quotation marks",
            chat,
            "“releases on Team chat, for 1 minute”",
        ),
        case(
            "resource-encoded",
            "An encoded way out of a project",
            "The code in quotation marks, as it would be compared",
            encoded,
            "“acme/%2e%2e%2fpayroll”",
        ),
        case(
            "resources",
            "Fifty resources, one that matters among them",
            "All of them in the sentence, which scrolls by itself, how many there are, and each with its tick",
            json!([line(&json!(many))]),
            "acme/project-50",
        ),
        case(
            "resource-long",
            "A name of 200 characters without a break",
            "All of it, broken at the edge",
            json!([line(&json!([long]))]),
            "acme/xxxx",
        ),
        case(
            "lines",
            "Ten lines, the most there may be",
            "A sentence that scrolls by itself, and ten blocks below",
            json!(several),
            "acme/part-10",
        ),
    ]
}

fn limits() -> Vec<Case> {
    let mut numbers = line(&json!(["acme/site"]));
    numbers["limits"] = json!({"max_calls": u32::MAX});
    numbers["conditions"] = json!([{"at": "path.issue", "test": {"at_most": 9_007_199_254_740_991_i64}}]);
    let mut ends = line(&json!(["acme/site"]));
    ends["conditions"] = json!([{"at": "path.issue", "test": {"equals": "7, for 1 minute. Can only read"}}]);
    vec![
        case(
            "numbers",
            "Limits beyond counting",
            "The numbers, whole",
            json!([numbers]),
            "at most 4294967295 calls",
        ),
        case(
            "condition",
            "A condition whose value ends the sentence",
            "The value in quotation marks",
            json!([ends]),
            "“7, for 1 minute. Can only read”",
        ),
    ]
}

fn titles() -> Vec<Case> {
    let shop = json!([{"service": "shop", "actions": ["orders.read"]}]);
    let verified = case(
        "agent-title",
        "An agent that calls itself verified",
        "Its name where names of agents stand, beside whose it is",
        usual(),
        "Countersign: verified by Paul ✓",
    );
    let many: Vec<String> = (1..=50).map(|n| format!("acme/project-{n}")).collect();
    let all = case(
        "all",
        "A long name, fifty resources and a long purpose at once",
        "The name smaller, two blocks that scroll by themselves; all seven answers stay",
        json!([line(&json!(many))]),
        "Countersign Security Team",
    );
    let hebrew = case(
        "agent-rtl",
        "An agent with a right-to-left name",
        "The name by itself; the sentence keeps its order",
        usual(),
        "סוכן בדיקות 42",
    );
    vec![
        Case { agent: "verified", ..verified },
        Case { agent: "hebrew", ..hebrew },
        Case { agent: "long", purpose: "漢字".repeat(140), ..all },
        case(
            "service-title",
            "A service with markup in its title, an account that goes on with the sentence, and a punycode host",
            "The markup as text, the account in quotation marks, the host as it is called, undecoded",
            shop,
            "https://xn--80ak6aa92e.com",
        ),
    ]
}

pub fn refused() -> Vec<Refusal> {
    let of = |tries, lines, purpose: &str, field, why| Refusal {
        tries,
        lines,
        purpose: purpose.to_owned(),
        field,
        why,
    };
    let named = |resource: &str| json!([line(&json!([resource]))]);
    let value = |value: &str| {
        let mut line = line(&json!(["acme/site"]));
        line["conditions"] = json!([{"at": "path.issue", "test": {"equals": value}}]);
        json!([line])
    };
    let resource = "authorization_details[0].resources[0]";
    let test = "authorization_details[0].conditions[0].test";
    let lines: Vec<Value> = (1..=40).map(|n| line(&json!([format!("acme/part-{n}")]))).collect();
    let many: Vec<String> = (1..=51).map(|n| format!("acme/project-{n}")).collect();
    vec![
        of("A purpose of nothing but spaces", usual(), " \n\t \u{3000} ", "purpose", "must not be empty"),
        of(
            "A purpose of nothing that can be seen",
            usual(),
            "\u{200b}\u{202e}\u{e0041}",
            "purpose",
            "must not be empty",
        ),
        of("281 characters", usual(), &"é".repeat(281), "purpose", "at most 280 characters"),
        of("Forty lines", json!(lines), "x", "authorization_details", "1 to 10 lines"),
        of(
            "Fifty-one resources",
            json!([line(&json!(many))]),
            "x",
            "authorization_details[0].resources",
            "at most 50 resources",
        ),
        of("A resource with Cyrillic letters", named("аcme/site"), "x", resource, "mix scripts"),
        of(
            "A resource with an override",
            named("acme/\u{202e}etis"),
            "x",
            resource,
            "invisible or reordering",
        ),
        of("A resource with a line break", named("acme/site\n"), "x", resource, "invisible or reordering"),
        of("A resource outside of its form", named("acme/../payroll"), "x", resource, "must be of the form"),
        of("A resource in wide letters", named("ａcme/site"), "x", resource, "only look like"),
        of(
            "A condition that closes its quotation",
            value("7” and nothing else"),
            "x",
            test,
            "double quotation marks",
        ),
        of(
            "A number that is no number of JSON",
            json!([{"service": "tracker", "actions": ["issues.read"], "resources": ["acme/site"], "conditions": [{"at": "path.issue", "test": {"at_most": i64::MAX}}]}]),
            "x",
            test,
            "9007199254740991",
        ),
    ]
}
