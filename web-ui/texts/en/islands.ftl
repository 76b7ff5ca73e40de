# What the islands show: the card, times, the connection, keys. These texts go to the browser with each page, so a
# choice between singular and plural is by $count alone, and with [one] and *[other] only.

## Times

month-jan = Jan
month-feb = Feb
month-mar = Mar
month-apr = Apr
month-may = May
month-jun = Jun
month-jul = Jul
month-aug = Aug
month-sep = Sep
month-oct = Oct
month-nov = Nov
month-dec = Dec
time-today = { $time } UTC
time-on-day = { $day }, { $time } UTC
time-day = { $day } { $month }
time-month = { $month } { $year }
time-local = { $time } your time
span-days =
    { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
span-hours =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
span-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
span-seconds =
    { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }

## The connection

live-on = Live
live-reconnecting = Reconnecting
live-off = Offline
live-new-request = A new request. { $count } waiting.

## The card

card-what = What you grant
card-your-agent = your agent
card-agent-of = { $owner }’s agent
card-since = since { $month }
card-registered = Registered { $time }, secret number { $number }
card-to-decide = to decide
card-to-decide-long = , then it expires and nothing is granted
card-ends = Ends by itself <b>{ $time }</b>
card-code = Code
card-code-where = on its screen
card-screen = Compare: its screen must show
card-code-ours = Our code, not on its screen:
card-first-time = <b>First time</b> it asks for this in 14 days
card-asked-before =
    { $count ->
        [one] Asked <b>{ $count } time</b> in 14 days, <b>{ $verdict }</b>
       *[other] Asked <b>{ $count } times</b> in 14 days, <b>{ $verdict }</b>
    }
card-all-approved = all approved
card-all-denied = all denied
card-some-denied = { $approved } approved, { $denied } denied
card-calls-on-average =
    { $count ->
        [one] , { $count } call on average
       *[other] , { $count } calls on average
    }
client-known = How well this client is known
client-document = <b>Known by { $host }</b>, { $seen }
client-registered = <b>It registered itself:</b> its name is unverified, { $seen }
client-declared = <b>Registered here</b> by somebody who keeps agents, { $seen }
client-seen-ago = first seen { $time } ago
client-seen-today = first seen today
client-seen-on = first seen on { $day }
client-calls-itself = It calls itself “{ $name }”
client-back = You will be sent back to <b>{ $hosts }</b>.
client-anybody = Its answer goes to a program on this device, and any program here can claim to be it: go on only if you started this yourself.
client-direct = It uses its token itself until the session ends.
client-like-agent = Its name looks like that of your agent { $name }, and it is another.
client-like-client = Its name looks like that of { $name }, and it is another.
client-like-service = Its name looks like that of the service { $name }; it is a client, and not that service.
client-like-product = Its name looks like that of { $name }, a well-known product, and nothing shows that it is that.
card-direct = Uses its token itself until the session ends
card-agent-says = The agent says
card-agent-is-silent = The agent does not say why it wants this.
card-invisible =
    { $count ->
        [one] { $count } invisible character removed from its text
       *[other] { $count } invisible characters removed from its text
    }
card-origin = Where calls go
card-as = as <b>{ $account }</b>
card-only-if = Only if { $condition }
card-granted = granted
card-not-granted = not granted
card-everywhere = <b>Everywhere</b> that the account reaches
card-in = In
card-asked-no-limit = asked without a limit
card-asked-for = asked for { $max }
card-no-limit = As many calls as fit in the time
card-at-most = At most { $max } calls
card-at-most-before = At most
card-at-most-after = calls
card-any-number = any number of
card-account = As
card-choose-account = Choose an account…
card-how-long = For how long
card-time = ends { $time }, or when the session closes. Asked for { $asked }.
card-word = Add a word to the agent
card-word-label = A word to the agent
card-changed = The request changed.
card-see-changes = See what changed
card-deny = Deny
card-deny-open = Deny…
card-deny-back = Back
card-deny-why = Why? The agent reads this.
card-deny-example = Ask for one project, not all of them
card-change = Change
card-review = Review
card-expired = Expired. Nothing was granted. The agent can ask again.
card-no-answer = The broker did not say what this would grant. Change something to ask again.
card-ignored = Nothing is granted until you approve. If you do nothing, this expires at { $time }.
card-over = This request is over. Nothing can be decided on it any more.
card-stop = Stop now
card-decided-by = { $time } by { $person }
card-ends-at = ends by itself <b>{ $time }</b>
card-with-words = With the words “{ $reason }”
card-see-session = See the session
card-not-yours = You can see this, but can’t approve it.
card-ready = Ready to decide.
card-armed = Press Enter to approve as shown.
card-minute-left = One minute left to decide.
card-seconds-left = 20 seconds left to decide.
card-lapsed = Expired. Nothing was granted.
card-with-passkey = with your passkey
card-proving = Waiting for your passkey…
card-passkey-script = This takes your passkey, which a browser asks for only with JavaScript. Denying works without.
card-prove-no-answer = The broker did not answer. Nothing was granted; try again.
card-prove-changed = What would be granted changed. Look again, then approve.
card-prove-not-now = Your passkey cannot be asked for this now. Nothing was granted.
card-prove-not-sent = The page could not send it. Nothing was granted; load it again.
card-pause = Also pause this agent: it asks for nothing more until it is let in again, and its sessions end.
card-quorum = Approvals
card-quorum-takes = Takes { $people } people.
card-quorum-completes = Your approval completes it.
card-quorum-then = After your approval: { $missing }.
card-quorum-given = <b>{ $person }</b> approved exactly this, { $time }
card-quorum-otherwise = { $people } approved something else of this request. Approving this instead starts anew.
card-step-up = Beside a session that runs
card-step-up-has = Has already
card-step-up-adds = Asks in addition for
card-step-up-nothing = Asks for nothing that it does not have already.
card-step-up-clock = Approving makes a session of its own, with its own end. What runs now is not changed and ends { $time }.
card-earlier = Earlier sessions
card-first-seen = Asks for the first time for
card-never-used = Was granted last time and never used
card-earlier-sessions =
    { $count ->
        [one] { $count } earlier session
       *[other] { $count } earlier sessions
    }
card-calls-all = calls
card-calls-newest = newest calls
card-covers-all = Covers all { $calls } { $which } of { $of }.
card-covers = Covers { $covered } of { $calls } { $which } of { $of }; { $refused } would be refused:
card-lost-action = not granted
card-lost-resource = not granted there
card-lost-condition = outside a condition
card-lost-limit = beyond the limit
card-lost-time = after its end
card-lost-more = { $number } more

## Effects

effect-read = read
effect-write = write
effect-send = send
effect-spend = spend
effect-delete = delete
effect-admin = admin

## Passkeys

passkey-asking = Your device asks now.
passkey-missing = This browser has no passkeys here. Nothing happened. Use a current browser, at this site’s own address.
passkey-refused = Nothing happened: your device was not answered, or it took too long. You can try again.
passkey-there = Nothing happened: this device already has a passkey of yours for this site.
passkey-broken = Nothing happened: the device’s answer could not be read. Load this page again.

## Copying

copy = Copy
copied = Copied
card-let-in-by = signed in by a link that { $person } made

## Tools of MCP servers

card-tools-changed = Not what it was when this agent was last granted it
tool-said-operator = what it does is the operator’s word
tool-said-earlier = changed since the operator looked at it: the worse counts of what they and its server say
tool-said-server = what it does is its server’s own word
tool-said-nobody = nobody says what it does: it is taken as deleting
tool-like = Looks like another tool of this server:
tool-definition = definition
tool-says = Its server says
tool-silent = Its server does not say what it is for.
tool-what-changed = What changed
tool-changed = <b>Changed since this agent was last granted it</b>, on { $time }. Then it was
tool-forgotten = The definition of then is no longer kept, so what changed cannot be shown.
tool-was = was
tool-is-now = is now
tool-not-there = not there
tool-more-parts =
    { $count ->
        [one] { $count } more part is different.
       *[other] { $count } more parts are different.
    }
