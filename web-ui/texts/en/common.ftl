# What stands around and between pages.

nav-label = Main
nav-inbox = Inbox
nav-sessions = Sessions
nav-services = Services
nav-agents = Agents
nav-audit = Audit
nav-connect = Connect
nav-people = People
nav-settings = Settings
nav-system = System
nav-activity = Activity
nav-more = More
nav-waiting = waiting
skip = Skip to the page

## The top bar

top-warning = Warning
top-stop-all = Stop all
top-via-link = Signed in by a link as <code>{ $person }</code>.
top-via-link-by = Signed in by a link that <code>{ $by }</code> made, as <code>{ $person }</code>.
top-via-token = Signed in by a token as <code>{ $person }</code>.
top-via-other = Signed in by { $via } as <code>{ $person }</code>.
top-sign-out = Sign out
language = Language
language-change = Change

## Times

time-dated = { $day } { $year }, { $time } UTC
ago-now = just now
ago-seconds = { $count } s ago
ago-minutes = { $count } min ago
ago-hours = { $count } h ago
ago-days =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
in-seconds = in { $count } s
in-minutes = in { $count } min
in-hours = in { $count } h
in-days =
    { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }

## Problems

problem-title = That did not work
problem-nothing = Nothing was granted or changed by opening this page.
problem-again = Try again
problem-log = For the log:
back = Back
to-inbox = Inbox
missing-title = Nothing here
missing = <b>There is no page at this address,</b> or it is not yours to see. Nothing was granted or changed.

## Keys

keys-title = Keys
keys-help = this help
keys-go = go to the inbox, the sessions, the audit
keys-next = the next in the list
keys-previous = the one before
keys-open = open it
keys-approve = approve as shown: arms it for 3 seconds, Enter approves
keys-deny = deny: goes to the reason
keys-narrow = narrow: goes to the first tick
keys-stop = stop the session: goes to the button
keys-back = back; never decides
keys-on = Single keys are on
keys-close = Close
keys-choose-note = One letter each. In fields and dialogs they are always off.
keys-same = Two acts cannot have the same key.
keys-reset = As they were
