# What went wrong, by the stable word of the problem. The particulars follow in English, in the words of the rules.

problem-invalid-request = The request is not as it must be
problem-unauthenticated = Not signed in
problem-forbidden = Not permitted
problem-not-found = Not found
problem-no-such-route = No such address
problem-changed = It changed in the meantime
problem-already-done = Already done
problem-expired = Too late
problem-not-granted = Not granted
problem-grant-ended = The session is over
problem-limit-reached = The limit is used up
problem-token-used = The call token was used already
problem-too-many-pending = Too many open requests
problem-rate-limited = Too often
problem-cooling-down = Cooling down
problem-not-approvable = Nobody could approve this
problem-needs-stronger-proof = This needs stronger proof
problem-too-fast = Too fast
problem-too-large = Too large
problem-timeout = Too slow
problem-ambiguous-call = The call is ambiguous
problem-upstream-failed = The service failed
problem-sealed = The vault is sealed
problem-not-accepted = The database is not accepted
problem-audit-unavailable = The record cannot be written
problem-outcome-unknown = The outcome is not known
problem-busy = Too many connections
problem-internal = The broker failed

# The particulars say it in English.
problem-so-nothing = {""}
problem-so-unknown = {""}
problem-so-particulars = {""}
