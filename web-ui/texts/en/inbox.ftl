# The inbox and the page of a request. (The card itself is an island.)

inbox-none = nothing waits for you
inbox-some =
    { $count ->
        [one] { $count } waits for you
       *[other] { $count } wait for you
    }
inbox-routine = <b>These look routine:</b> you approved { $approved } of { $decisions } requests in a week.
inbox-routine-median = Half of them within { $seconds } s.
inbox-routine-advice = Read the next ones, or have agents ask for less and for whole sessions, so that a decision means something.
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
request-way-back = { $client } sent you here. Once this is decided, this page takes you back to it, at { $host }.
request-going-back = Taking you back to { $client }, at { $host }.
request-go-back = Go back now
request-details = Details
request-version = version { $number }
request-agent = Agent
request-secret = secret number { $number }
request-asked = Asked
request-digest = Request digest
request-grant-digest = Grant digest

nothing-title = Nothing to decide
nothing-why = { $client } wants access and does not say to what. Nobody has marked anything that such a program is offered, so there is nothing to decide, and nothing was granted.
nothing-admin = An admin can mark actions that read as “Offered to clients that name no action”, in the service’s form:
nothing-services = Services
nothing-client = Or the program names what it needs: scopes such as tracker:issues.read, or authorization_details.
nothing-back = Go back to { $client }, at { $host }

refused-title = Not asked
refused-why = { $client } sent you here with a request that cannot be taken. Nobody was asked, and nothing was granted.
refused-error = What is wrong with it:
refused-stranger = You have let { $client } ask for nothing yet, and its name is only what it calls itself. So you are not sent back without a word. Go back only if you came from { $host } and know it.
