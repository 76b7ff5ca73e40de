//! What is copied: with this broker's address and this agent's name in it, and never a secret.

use crate::texts::t;

/// By what means an agent uses the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// The `countersign` command.
    Command,
    /// A coding agent that can run a command.
    Coding,
    /// A client of MCP.
    Mcp,
    /// Plain HTTP.
    Http,
    /// The Rust library.
    Rust,
}

impl Client {
    pub(super) const ALL: [Self; 5] = [Self::Command, Self::Coding, Self::Mcp, Self::Http, Self::Rust];

    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Self::Command)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Coding => "coding",
            Self::Mcp => "mcp",
            Self::Http => "http",
            Self::Rust => "rust",
        }
    }

    pub(super) fn title(self) -> String {
        match self {
            Self::Command => t!("connect-command"),
            Self::Coding => t!("connect-coding"),
            Self::Mcp => t!("connect-mcp"),
            Self::Http => t!("connect-http"),
            Self::Rust => t!("connect-rust"),
        }
    }

    /// What must be said of it.
    pub(super) fn note(self) -> Option<String> {
        (self == Self::Coding).then(|| t!("connect-coding-note"))
    }
}

/// The steps: why, and what to copy.
pub(super) fn blocks(client: Client, url: &str, agent: &str, has_secret: bool) -> Vec<(String, String)> {
    let credential = if has_secret {
        format!("export COUNTERSIGN_AGENT_SECRET_FILE={agent}.secret")
    } else {
        format!("export COUNTERSIGN_AGENT_KEY_FILE={agent}.pem")
    };
    let environment = format!("export COUNTERSIGN_URL={url}\nexport COUNTERSIGN_AGENT={agent}\n{credential}");
    let set = (t!("connect-step-environment"), environment);
    match client {
        Client::Command => vec![
            set,
            (t!("connect-step-look"), "countersign status".to_owned()),
            (t!("connect-step-ask"), ask("")),
            (
                t!("connect-step-call"),
                "countersign call REQUEST GET SERVICE/PATH\ncountersign end REQUEST".to_owned(),
            ),
        ],
        Client::Coding => vec![set, (t!("connect-step-paste"), instructions(url))],
        // It has a page of its own: no agent has to be there.
        Client::Mcp => Vec::new(),
        Client::Http => http(url, agent, has_secret),
        Client::Rust => vec![
            (
                t!("connect-step-environment"),
                format!("export COUNTERSIGN_AGENT_SECRET=\"$(cat {agent}.secret)\""),
            ),
            (t!("connect-step-rust"), rust(url, agent)),
        ],
    }
}

fn ask(prefix: &str) -> String {
    let lines = [
        "countersign request --service SERVICE --action ACTION --resource RESOURCE \\",
        "  --for 30m --purpose \"Why, in plain words\" --wait",
    ];
    lines.map(|line| format!("{prefix}{line}")).join("\n")
}

/// For the file that a coding agent reads first. In English, as such files mostly are.
fn instructions(url: &str) -> String {
    format!(
        "## Access to services: Countersign\n\n\
         You hold no credentials of services, and you never ask anybody for one. Use the `countersign` command:\n\n\
         1. `countersign status` says what you may ask for and what you hold now.\n\
         2. Ask for the least that the task needs, and say why:\n{}\n   \
         It prints a link and a code. Show both to the person, and wait: they decide at {url}.\n\
         3. `countersign call REQUEST GET SERVICE/PATH` calls through the broker; add `--data` for a body.\n\
         4. `countersign end REQUEST` when the task is done.\n\n\
         If something is refused, the answer says what the smallest request would be that passes. Ask for that, or \
         tell the person. Do not try another way around.",
        ask("      ")
    )
}

fn http(url: &str, agent: &str, has_secret: bool) -> Vec<(String, String)> {
    let token = if has_secret {
        format!("TOKEN=$(cat {agent}.secret)")
    } else {
        format!(
            "TOKEN=$(curl -s {url}/oauth/token -d grant_type=client_credentials \\\n  \
             -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\\n  \
             -d client_assertion=\"$ASSERTION\" | jq -r .access_token)"
        )
    };
    let ask = format!(
        "curl {url}/v1/requests -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{{\n  \
         \"authorization_details\": [{{\"type\": \"service_access\", \"service\": \"SERVICE\",\n    \
         \"actions\": [\"ACTION\"], \"resources\": [\"RESOURCE\"]}}],\n  \
         \"purpose\": \"Why, in plain words\", \"duration\": 1800}}'"
    );
    let wait = format!(
        "curl \"{url}/v1/requests/REQUEST?wait=25\" -H \"Authorization: Bearer $TOKEN\"\n\
         curl -X POST {url}/v1/requests/REQUEST/redeem -H \"Authorization: Bearer $TOKEN\""
    );
    let client = if has_secret {
        format!("-u \"{agent}:$TOKEN\"")
    } else {
        "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\\n  \
         -d client_assertion=\"$ANOTHER_ASSERTION\""
            .to_owned()
    };
    let call = format!(
        "CALL=$(curl -s {url}/oauth/token {client} \\\n  \
         -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\\n  \
         -d subject_token_type=urn:ietf:params:oauth:token-type:access_token -d subject_token=\"$GRANT_TOKEN\" \\\n  \
         -d audience=SERVICE -d scope=ACTION | jq -r .access_token)\n\
         curl {url}/proxy/SERVICE/PATH -H \"Authorization: Bearer $CALL\""
    );
    vec![
        (t!("connect-step-token"), token),
        (t!("connect-step-look"), format!("curl {url}/v1/me -H \"Authorization: Bearer $TOKEN\"")),
        (t!("connect-step-ask"), ask),
        (t!("connect-step-wait"), wait),
        (t!("connect-step-call"), call),
    ]
}

fn rust(url: &str, agent: &str) -> String {
    format!(
        "let secret = std::env::var(\"COUNTERSIGN_AGENT_SECRET\")?;\n\
         let client = agent_client::Client::new(\"{url}\", \"{agent}\", secret)?;\n\
         let asked = serde_json::from_value(serde_json::json!({{\n    \
         \"authorization_details\": [{{\"service\": \"SERVICE\", \"actions\": [\"ACTION\"], \"resources\": [\"RESOURCE\"]}}],\n    \
         \"purpose\": \"Why, in plain words\", \"duration\": 1800\n}}))?;\n\
         let mut pending = client.request(&asked).await?;\n\
         println!(\"{{}} ({{}})\", pending.view().approve_url, pending.view().matching_code);\n\
         pending.wait(std::time::Duration::from_secs(600)).await?;\n\
         let session = pending.redeem().await?;"
    )
}
