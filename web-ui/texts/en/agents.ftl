# Agents: whose they are, how they authenticate, how they are trusted.

agents-title = Agents
agents-none = There is no agent yet.
agents-none-register = Register one, then connect it.
agents-none-other = Agents are registered by developers and admins.
agents-register = Register an agent
agents-connect = Connect an agent
agents-of = of { $owner }
agents-last-seen = last seen { $ago }
agents-never-seen = not seen yet
agents-live =
    { $count ->
        [one] { $count } live session
       *[other] { $count } live sessions
    }
agents-pending =
    { $count ->
        [one] { $count } request waits
       *[other] { $count } requests wait
    }
agents-new = new
agents-known = known
agents-paused = paused
agents-cooling = cooling down until { $until }

## One agent

agents-owner = Owner
agents-trust = Trust
agents-credentials = Credentials
agents-secret-number = Secret number { $number }
agents-no-secret = No secret
agents-by-client = By the OAuth client that its owner brought along
agents-client-of = OAuth client, known by { $host }
agents-client-unverified = OAuth client that registered itself: its name is unverified
agents-grant-token = Grant token
agents-is-direct = may be used at the proxy itself
agents-is-not-direct = must be exchanged for each call
agents-first = First seen
agents-last = Last seen
agents-never = never
agents-now = Now
agents-pause =
    { $count ->
        [0] Pause
        [one] Pause, and end { $count } session
       *[other] Pause, and end { $count } sessions
    }
agents-resume = Let it ask again
agents-ask-an-admin = Only an admin can let it ask again.
agents-how = How to connect it
agents-recent = What it asked lately
agents-asked-nothing = Nothing yet.
agents-counts =
    Asked for { $asked ->
        [one] { $asked } action
       *[other] { $asked } actions
    }, granted { $granted }, { $used ->
        [one] { $used } call
       *[other] { $used } calls
    }
agents-secret-once = The secret of { $agent }
agents-secret-once-is = <b>It is shown this once.</b> Put it where the agent reads it, in a file that nobody else can read; the broker keeps only a hash of it.

## Changing one

agents-change = Change it
agents-direct = Its grant token works at the proxy
agents-direct-hint = Then a stolen grant token can be used until the session ends. Leave it off if the agent can exchange tokens.
agents-redirects = Redirect addresses
agents-redirects-hint = Where a browser may be sent back to with a code for this agent, one exact address in each line: https, or http on 127.0.0.1, [::1] or localhost, where any port is taken. Leave it empty if it needs no browser.
agents-save = Save
agents-new-secret = A new secret
agents-new-secret-is = The old one stops working at once. Live sessions go on, since they belong to the agent.
agents-first-secret-is = It has none now. One more way in is one more thing to keep.
agents-end-sessions = End all that it holds, too: somebody else may have seen the old one
agents-new-secret-do = Make a new secret
agents-keys = Public keys
agents-key = Public key
agents-key-hint = A public JSON Web Key (Ed25519 or P-256), or a public key in PEM. `countersign keygen` makes one. Never the private half.
agents-add-key = Add the key
agents-remove-key = Remove
agents-remove-key-of = Remove the key { $key }; what was asked with it ends

## A new one

agents-title-hint = People see it on every card.
agents-owner-hint = Who answers for it. It never changes.
agents-yours = It will be yours, for good.
agents-credential = It proves who it is by
agents-by-secret = a secret, shown once
agents-by-key = a key of its own
agents-register-do = Register
agents-error-owner = It must be yourself; an admin can register agents for others.
agents-error-key = It is needed: a public JSON Web Key, or a public key in PEM.

## What came of it

done-same = Nothing is different from how it was.
done-agent-registered =
    { $title } is registered.{ $ended ->
        [0] {""}
       *[other] {" "}Sessions that ended: { $ended }.
    }
done-agent-saved =
    Saved.{ $ended ->
        [0] {""}
       *[other] {" "}Sessions that ended: { $ended }.
    }
done-agent-secret =
    It has a new secret; an old one stopped working.{ $ended ->
        [0] {""}
       *[other] {" "}Sessions that ended: { $ended }.
    }
done-agent-key =
    It has the key now.{ $ended ->
        [0] {""}
       *[other] {" "}Sessions that ended: { $ended }.
    }
done-agent-key-removed =
    The key is removed. What was asked with it ended.{ $ended ->
        [0] {""}
       *[other] {" "}Sessions that ended: { $ended }.
    }
done-agent-paused =
    Paused. { $sessions ->
        [one] { $sessions } session
       *[other] { $sessions } sessions
    } and { $requests ->
        [one] { $requests } open request
       *[other] { $requests } open requests
    } ended. What it asks is refused until an admin lets it ask again.
