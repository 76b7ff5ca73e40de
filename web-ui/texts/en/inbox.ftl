# The inbox and the page of a request. (The card itself is an island.)

inbox-none = nothing waits for you
inbox-some =
    { $count ->
        [one] { $count } waits for you
       *[other] { $count } wait for you
    }
inbox-waiting = Waiting
inbox-active = Active now
inbox-decided = Decided in the last 24 hours
inbox-empty = <b>Nothing waits for you.</b> Agents ask here before they may do anything. To try it, let one ask: <code>countersign request --help</code>.
inbox-somebody-else = Waits for somebody else.
inbox-lapses = Lapses { $time }

tier-low = low risk
tier-medium = medium risk
tier-high = high risk
tier-critical = critical

request-title = Request
request-review = Review
request-unread = The changes in this link could not be read, so the card stands as it is offered:
request-details = Details
request-version = version { $number }
request-agent = Agent
request-secret = secret number { $number }
request-asked = Asked
request-digest = Request digest
request-grant-digest = Grant digest
