# Tools of MCP servers, for those who keep them.

tools-transport = MCP
tools-over-http = Streamable HTTP at <code>{ $path }</code>
tools-over-stdio = The program <code>{ $program }</code>, which a file on the broker’s host declares
tools-address = For MCP clients
tools-connect = How to connect one
tools-title = Tools
tools-are = What its server offers now. What a tool does is the operator’s word first, then what its server says of it; whatever nobody says counts as the worst.
tools-none = No tool is known. They are read when an account is connected.
tools-left-out =
    { $count ->
        [one] { $count } tool is left out: its name or its definition is none that could be granted, or its name stands there twice.
       *[other] { $count } tools are left out: their names or definitions are none that could be granted, or a name stands there twice.
    }
tools-not-read = Its tools could not be read the last time; these are those of before.
tools-gone = No longer offered:
tools-read = Read its tools
tools-sentence = In the sentence
tools-titled = It calls itself
tools-default = offered to clients that name none
tools-first-seen = first seen
tools-changed = changed
tools-used =
    In the last 30 days: { $granted ->
        [one] granted in { $granted } session
       *[other] granted in { $granted } sessions
    }, { $calls ->
        [one] { $calls } call
       *[other] { $calls } calls
    }, { $refused } refused.

## Rules that clean results

rule-title = What is done to its answers
rule-are = What a server answers is data for a model, and nobody vouches for it. Each rule takes something out or makes it visible; what was changed is marked in the answer and on the record. Secrets are always taken out.
rule-on = on
rule-off = off
rule-change = Switch rules…
rule-invisible = Invisible characters
rule-invisible-does = Takes out characters that nobody sees, or that turn around what is seen.
rule-control = Control characters
rule-control-does = Takes out control characters and the sequences that command a terminal.
rule-markup = Markup
rule-markup-does = Takes out, or makes visible, markup that makes a client fetch or run something or that hides text.
rule-size = Size
rule-size-does = Cuts what is too long.

## One tool

tool-back = All tools of this server
tool-is-gone = Its server does not offer it any more: nobody can call it, and nobody can be granted it.
tool-description = Description
tool-name = Name at its server
tool-digest = Definition, SHA-256
tool-seen-first = First seen
tool-asks = Each call is to be approved by itself. This cannot be asked for yet, so the tool cannot be granted.
tool-changed-last = Last changed
tool-history = Its definitions
tool-now = offered now
tool-seen = first seen { $time }
tool-oldest = The oldest that is kept.
tool-as-written = The newest, as its server wrote it

## The operator's word

word-title = Your word on it
word-is = It counts before what its server says, for this definition: if the server changes the tool, your word can still make it worse than the server says, and no longer better.
word-unsaid = as its server says
word-reversible = Can it be undone?
word-undone = can be undone
word-not-undone = cannot be undone
word-verb-hint = As in “comment on”; else “use”.
word-object-hint = As in “issues”; else the tool’s name.
word-ask = A person approves each call
word-ask-hint = Whatever the tool becomes. This cannot be asked for yet: until it can, nobody can grant this tool, and the card says so.
word-default-hint = Only while it reads. A client that asks for this service without saying what for is offered it; a person still approves.
word-error-moved = The server changed this tool while you looked at it. Nothing was saved. Look at what it is now, and say your word on that.

## What came of it

done-tools-read =
    Its tools were read: { $added } new, { $changed } changed, { $gone } gone.{ $left ->
        [0] {""}
        [one] {" "}{ $left } is left out: it could not be granted.
       *[other] {" "}{ $left } are left out: they could not be granted.
    }
done-tools-failed = Its tools could not be read, and those of before stay: { $why }.
done-server-connected =
    Connected as { $account }. Its tools were read: { $added } new, { $changed } changed, { $gone } gone.{ $left ->
        [0] {""}
        [one] {" "}{ $left } is left out: it could not be granted.
       *[other] {" "}{ $left } are left out: they could not be granted.
    }
done-server-silent = Connected as { $account }. Its tools could not be read yet: { $why }.

## The form of an MCP server

tools-kind = Kind of service
tools-kind-http = An HTTP API
tools-kind-mcp = An MCP server
tools-path = Path of its endpoint
tools-path-hint = Below the origin, as /mcp. What it offers is read once an account is connected.
tools-auth-none = None: it asks for no credential
tools-program-hint = What runs there is said in that file alone, and cannot be changed here.
tools-connected = Connected { $ago }; it asks for no secret
tools-no-secret = This server asks for no credential, so there is no secret to enter.
