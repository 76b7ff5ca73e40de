# What happened in a session, and what became of a call.

timeline-asked = Asked
timeline-approved = Approved by { $who }
timeline-consented = Approved, as one of several, by { $who }
timeline-denied = Denied by { $who }
timeline-withdrawn = Withdrawn by the agent
timeline-lapsed = Expired before a decision
timeline-started = Started by the agent
timeline-ended = Ended: { $why }
timeline-stopped = Stopped by { $who }
timeline-service-taken = A service was taken away by { $who }
timeline-by-agent = the agent
timeline-by-operator = the operator
timeline-by-broker = the broker
timeline-via-passkey = signed in by a passkey
timeline-via-link = signed in by a link
timeline-via-link-by = signed in by a link that { $by } made
timeline-via-token = signed in by a token
timeline-via = signed in by { $via }

end-expired = its time was up
end-revoked = stopped
end-closed = closed by the agent
end-exhausted = every limit was used up
end-idle = nothing was called for too long
end-not-redeemed = the agent never started it
end-unknown = for another reason

call-on-its-way = on its way
call-answered = { $status } · { $ms } ms
call-not-sent = not sent: { $why }
call-unknown = outcome unknown: { $why }
trouble-cut = stopped meanwhile
trouble-broken = the service broke off
trouble-agent-left = the agent went away
trouble-answer-refused = the answer could not be passed on
trouble-address-refused = the service's address is not allowed
trouble-tls = the service's certificate or TLS failed
trouble-unreachable = the service could not be reached
trouble-timeout = the service took too long
trouble-body = the agent broke off its body

## Calls of tools

call-tool-failed = the tool says that it failed
call-cleaned-invisible =
    { $count ->
        [one] { $count } invisible character taken out
       *[other] { $count } invisible characters taken out
    }
call-cleaned-control =
    { $count ->
        [one] { $count } control character taken out
       *[other] { $count } control characters taken out
    }
call-cleaned-markup = markup taken out or made visible in { $count ->
        [one] { $count } place
       *[other] { $count } places
    }
call-cleaned-size =
    { $count ->
        [one] { $count } text cut
       *[other] { $count } texts cut
    }
