# The record: looking through it, one record, verifying it.

audit-who = Who did it
audit-agent = Agent
audit-service = Service
audit-kind = What happened
audit-outcome = How it went
audit-since = From (UTC)
audit-until = To (UTC)
audit-any = anything
audit-look = Look
audit-clear = Everything
audit-unread = These filters could not be read and are left out:
audit-found = Newest first
audit-nothing = Nothing in the record matches.
audit-further = Look further back
audit-looked = One page looks only so far. Looked back to { $time }.
audit-dropped = Records up to { $time } were moved out by retention. Whoever operates this broker may have them in an archive.

audit-whole = The whole record
audit-not-verified = This broker has not verified the record since it started.
audit-verify = Verify the record
audit-verify-hint = Reads every record and checks its hash, and that no call was made without an approval or after a revocation.
audit-verified =
    { $chains ->
        [one] The record is whole: { $records } records in { $chains } chain.
       *[other] The record is whole: { $records } records in { $chains } chains.
    }
audit-verified-counts = Approvals: { $approvals }, revocations: { $revocations }, calls: { $calls }.
audit-verified-dropped = { $count } records before that were dropped, on the record.
audit-verified-by = { $time }, by { $person }
audit-damaged = The record is damaged.
audit-damaged-at = Record { $number } of its chain:
audit-anchored = The anchor beside the database was last written { $time }.
audit-no-anchor = There is no anchor beside the database: a copy that was put back would not be noticed by it.
audit-heads = Chains and their heads
audit-chain-started = from { $time }
audit-chain-ended = to { $time }
audit-chain-open = goes on
audit-chain-records =
    { $count ->
        [one] { $count } record
       *[other] { $count } records
    }

audit-place = record { $number }
audit-earlier = The one before
audit-later = The one after
audit-back = All records
audit-session = Session
audit-request = Request
audit-of-session = Everything of this session
audit-screen = What was on the screen
audit-screen-request = Nothing was granted; what was asked stands on the request.
audit-screen-duration = For
audit-screen-reason = Words
audit-screen-everywhere = everywhere
audit-facts = Facts
audit-proof = Place in the chain
audit-time = Time
audit-chain = Chain
audit-number = Number
audit-watermark = Last revocation seen
audit-call = Call
audit-hash = Hash

outcome-done = done
outcome-refused = refused
outcome-trouble = trouble

actor-agent = by agent { $name }
actor-person = by { $name } ({ $via })
actor-host = by the operator
actor-broker = by the broker

kind-agent-cool-down-lifted = Pause of an agent lifted
kind-agent-credentials = Credentials of an agent changed
kind-agent-brought = Client brought along
kind-client-registered = Client registered itself
kind-client-changed = Client changed its registration
kind-client-document-changed = Document of a client changed
kind-client-removed = Client removed
kind-agent-saved = Agent saved
kind-broker-started = Broker started
kind-call-authorised = Call allowed
kind-call-finished = Call finished
kind-call-not-sent = Call not sent
kind-call-outcome-unknown = Outcome of a call unknown
kind-call-refused = Call refused
kind-connection-removed = A connection was removed
kind-connection-saved = Connection saved
kind-database-accepted = Older copy accepted
kind-database-suspended = Older copy noticed
kind-grant-ended = Session ended
kind-grant-redeemed = Session started by the agent
kind-link-issued = Sign-in link made
kind-person-saved = Person saved
kind-person-vouched = Somebody vouched for a person
kind-person-token-issued = Token for a person made
kind-record-dropped = Old records dropped
kind-request-approved = Request approved
kind-request-denied = Request denied
kind-request-lapsed = Request lapsed
kind-request-opened = Request made
kind-request-withdrawn = Request withdrawn
kind-revoked = Stopped
kind-service-saved = Service saved
kind-service-tools = Tools of an MCP server changed
kind-service-tools-asked = MCP server asked for its tools
kind-session-ended = Signed out
kind-session-started = Signed in
kind-token-minted = Call token made
kind-token-refused = Call token refused
kind-unblocked = Let in again
kind-vault-sealed = Vault sealed
kind-vault-unsealed = Vault unsealed

done-verified = The record was verified: see below what came of it.
