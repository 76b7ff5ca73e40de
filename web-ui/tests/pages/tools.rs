//! The pages of MCP servers and their tools, and what the card says of a tool.

use super::{
    card,
    fake::{Fake, keep::filled, sample::hostile},
    get, on_card,
};

async fn page(fake: Fake, address: &str) -> String {
    let (status, html) = get(fake, address).await;
    assert_eq!(status, 200, "{address}: {html}");
    assert!(!html.contains('⟦'), "{address} lacks a text");
    assert!(!html.contains("<script>alert"), "{address} runs what a server wrote");
    html.replace("<!>", "")
}

/// From the beginning of a tool on a page to the next.
fn of<'a>(html: &'a str, tool: &str) -> &'a str {
    let from = html.find(&format!("<b><code>{tool}</code></b>")).unwrap_or_else(|| panic!("{tool}: {html}"));
    let rest = &html[from..];
    &rest[..rest.find("</li>").unwrap_or(rest.len())]
}

#[tokio::test]
async fn a_server_says_of_each_tool_what_it_does_and_whose_word_that_is() {
    let html = page(Fake::default(), "/services/everything").await;
    for (tool, words) in [
        ("echo", "its server’s own word"),
        ("get-sum", "the operator’s word"),
        ("toggle-logging", "it is taken as deleting"),
        ("write_file", "changed since the operator looked at it"),
    ] {
        assert!(of(&html, tool).contains(words), "{tool}: {}", of(&html, tool));
        assert!(html.contains(&format!("href=\"/services/everything/tool?name={tool}\"")));
    }
    let echo = of(&html, "echo");
    assert!(
        echo.contains("“<bdi>Gives back what it is given.</bdi>”") && echo.contains(">010101010101</code>"),
        "{echo}"
    );
    let like = "Looks like another tool of this server: <code>ech0</code>";
    assert!(echo.contains(like) && !of(&html, "get-sum").contains("Looks like"), "{echo}");
    assert!(
        echo.contains("offered to clients that name none")
            && !of(&html, "get-sum").contains("offered to clients")
    );
    let write = of(&html, "write_file");
    assert!(
        write.contains("cannot be undone")
            && write.contains("7 invisible characters")
            && write.contains("changed")
    );
    assert!(of(&html, "toggle-logging").contains("does not say what it is for"));
    assert!(html.contains("2 tools are left out") && html.contains("more than 30 seconds"));
    assert!(html.contains("href=\"/services/everything/tool?name=gone\""));
    assert!(
        html.contains("https://countersign.example/mcp/everything")
            && html.contains("action=\"/services/everything/read-tools\"")
    );
    assert!(!html.contains("<table"), "tools are no rows of methods and paths");
    let html = page(Fake { plain: true, ..Fake::default() }, "/services/everything").await;
    for act in ["read-tools", "/everything/results", "/everything/edit"] {
        assert!(!html.contains(act), "{act} is for those who keep services");
    }
}

#[tokio::test]
async fn each_rule_is_shown_and_can_be_switched() {
    let html = page(Fake::default(), "/services/everything").await;
    let rules = &html[html.find("What is done to its answers").unwrap()..];
    assert_eq!((rules.matches("</svg>on</span>").count(), rules.matches("</svg>off</span>").count()), (3, 1));
    let html = page(Fake::default(), "/services/everything/results").await;
    for (rule, on) in [("invisible", true), ("control", true), ("markup", true), ("size", false)] {
        let field = html.split(&format!("name=\"rule.{rule}\"")).nth(1).expect(rule);
        assert_eq!(field[..field.find('>').unwrap()].contains("checked"), on, "{rule}");
    }
    assert!(html.contains("name=\"version\" value=\"4\""));
    let (_, html) = get(Fake { plain: true, ..Fake::default() }, "/services/everything/results").await;
    assert!(!html.contains("name=\"rule."), "{html}");
    let review = Fake { filled: filled("review"), ..Fake::default() };
    let html = page(review, "/services/everything/results").await;
    assert!(
        html.contains("3 live sessions lose it") && html.contains("action=\"/services/everything/results\"")
    );
}

#[tokio::test]
async fn a_word_is_said_of_the_definition_that_is_shown() {
    let html = page(Fake::default(), "/services/everything/tool?name=get-sum").await;
    assert!(html.contains(&format!("name=\"digest\" value=\"{}\"", "01".repeat(32))), "{html}");
    assert!(
        html.contains("name=\"version\" value=\"4\"") && html.contains("name=\"name\" value=\"get-sum\"")
    );
    assert!(html.contains("value=\"read\" selected") && html.contains("value=\"add\""));
    let html = page(Fake { plain: true, ..Fake::default() }, "/services/everything/tool?name=get-sum").await;
    assert!(!html.contains("<form method=\"post\" action=\"/services"), "{html}");
    let html = page(Fake::default(), "/services/everything/tool?name=gone").await;
    assert!(html.contains("does not offer it any more") && !html.contains("name=\"digest\""));
    for (address, status) in [
        ("/services/everything/tool?name=nothing", 404),
        ("/services/everything/tool", 404),
        ("/services/wiki/tool?name=echo", 404),
    ] {
        assert_eq!(get(Fake::default(), address).await.0, status, "{address}");
    }
    let review = Fake { filled: filled("review"), ..Fake::default() };
    let html = page(review, "/services/everything/tool?name=get-sum").await;
    assert!(
        html.contains("3 live sessions lose it") && html.contains("action=\"/services/everything/tool\"")
    );
}

#[tokio::test]
async fn the_history_of_a_tool_shows_each_difference() {
    let html = page(Fake::default(), "/services/everything/tool?name=write_file").await;
    for words in [
        "<bdi>annotations/readOnlyHint</bdi>",
        "“<bdi>Adds two numbers.</bdi>”",
        "⟨U+200B⟩",
        "<i>not there</i>",
        "2 more parts are different.",
        "The oldest that is kept.",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[tokio::test]
async fn the_card_says_of_a_tool_what_changed_and_quotes_its_server_below_the_facts() {
    let html = card(15, "").await.replace("<!>", "");
    let card = on_card(&html);
    let lines = &card[card.find("class=\"lines\"").unwrap()..];
    assert!(
        card.find("data-q=\"why\"").unwrap() < card.find("Its server says").unwrap(),
        "its words stand below the facts"
    );
    assert!(
        !card.contains("<script>alert")
            && card.contains(&hostile().replace('<', "&lt;").replace('>', "&gt;")[..40])
    );
    assert_eq!(lines.matches("Changed since this agent was last granted it").count(), 2, "{lines}");
    let sum = &lines[lines.find("use get-sum").unwrap()..];
    let sum = &sum[..sum.find("</li>").unwrap()];
    for words in [
        "annotations/readOnlyHint",
        "10 Nov",
        ">090909090909</code>",
        ">010101010101</code>",
        "<i>not there</i>",
    ] {
        assert!(sum.contains(words), "{words}: {sum}");
    }
    let write = &lines[lines.find("use write_file").unwrap()..];
    assert!(write.contains("The definition of then is no longer kept"), "{write}");
    let echo = &lines[lines.find("use echo").unwrap()..];
    assert!(!echo[..echo.find("</li>").unwrap()].contains("class=\"changed\""));
    assert!(lines.contains("argument /path starts with"));
    let earlier = &card[card.find("class=\"earlier\"").unwrap()..card.find("id=\"narrow\"").unwrap()];
    assert!(
        earlier.contains("use get-sum")
            && earlier.contains("use write_file")
            && !earlier.contains("use echo")
    );
}

#[tokio::test]
async fn a_call_of_a_tool_says_what_was_cleaned_and_that_it_failed() {
    let html = page(Fake::default(), "/sessions/ses_0000000000000000000000000000000b").await;
    let call = &html[html.find("Use echo").expect("the call")..];
    let call = &call[..call.find("</li>").unwrap()];
    for words in [
        "31 ms",
        "the tool says that it failed",
        "12 invisible characters taken out",
        "in 1 place",
        "&lt;/bdi&gt;",
    ] {
        assert!(call.contains(words), "{words}: {call}");
    }
}

#[tokio::test]
async fn a_server_has_a_form_without_rows() {
    let html = page(Fake::default(), "/services/new?kind=mcp").await;
    assert!(html.contains("name=\"kind\" value=\"mcp\"") && html.contains("name=\"mcp_path\""));
    assert!(
        html.contains("value=\"none\"") && !html.contains("name=\"resource\"") && !html.contains("add_row")
    );
    assert!(!html.contains("/services/new?from="), "the catalogue has no MCP servers");
    let html = page(Fake::default(), "/services/new").await;
    assert!(html.contains("href=\"/services/new?kind=mcp\"") && !html.contains("value=\"none\""));
    let html = page(Fake::default(), "/services/everything-stdio/edit").await;
    assert!(html.contains("cannot be changed here") && !html.contains("name=\"mcp_path\""));
    assert!(html.contains("type=\"hidden\" name=\"origin\"") && !html.contains("id=\"f-origin\""), "{html}");
    let html = page(Fake::default(), "/services/everything-stdio/connect?proved").await;
    assert!(!html.contains("name=\"secret\""), "{html}");
}

#[tokio::test]
async fn each_mcp_client_gets_the_address_of_the_server() {
    for fake in [Fake::default(), Fake { plain: true, ..Fake::default() }] {
        let html = page(fake, "/connect?client=mcp").await;
        for words in [
            "claude mcp add --transport http everything https://countersign.example/mcp/everything",
            "claude mcp add --transport http countersign https://countersign.example/mcp",
            "&quot;type&quot;: &quot;http&quot;",
            "&quot;servers&quot;",
            "&quot;args&quot;: [&quot;mcp&quot;, &quot;everything&quot;]",
        ] {
            let plain = words.replace("&quot;", "\"");
            assert!(html.contains(words) || html.contains(&plain), "{words}: {html}");
        }
    }
    let html = page(Fake { empty: true, ..Fake::default() }, "/connect?client=mcp").await;
    assert!(html.contains("No MCP server is connected."), "{html}");
}
