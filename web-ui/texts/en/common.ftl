# What stands around and between pages.

nav-label = Main
nav-inbox = Inbox
nav-sessions = Sessions
nav-services = Services
nav-agents = Agents
nav-waiting = waiting
skip = Skip to the page

## The top bar

top-warning = Warning
top-stop-all = Stop all
top-via-link = Signed in by a link as <code>{ $person }</code>.
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
to-inbox = Inbox
missing-title = Nothing here
missing = <b>There is no page at this address,</b> or it is not yours to see. Nothing was granted or changed.
