# Sessions: the lists, the page of one, its timeline, and stopping all.

sessions-which = Which sessions
sessions-live = Live
sessions-ended = Ended
sessions-none-ended = No session has ended yet.
sessions-empty = <b>No agent can do anything right now.</b> A session begins when you approve a request in the <inbox>inbox</inbox>.

session-title = Session
session-done = What it has done
session-zone = times in UTC
session-left = left
session-stop = Stop
session-ends = ends <b>{ $time }</b>
session-limit = <b>{ $used }</b> of { $max } calls of { $of }
session-calls =
    { $count ->
        [one] <b>{ $count }</b> call
       *[other] <b>{ $count }</b> calls
    }
session-calls-plain =
    { $count ->
        [one] { $count } call
       *[other] { $count } calls
    }
session-refused = <b>{ $count }</b> refused
session-refused-plain = { $count } refused
session-last-call = last call <b>{ $when }</b>
session-last-call-plain = last call { $when }
session-perhaps-more = perhaps more: records up to { $time } were moved out by retention
session-words = with the words “{ $reason }”
session-used = asked <b>{ $asked }</b> · granted <b>{ $granted }</b> · used <b>{ $used }</b>
session-used-at-least = asked <b>{ $asked }</b> · granted <b>{ $granted }</b> · used at least <b>{ $used }</b>
session-never-used = never used: { $what }
session-taken = taken away
session-take = Take away { $service }

state-waits = waits
state-approved = approved
state-active = active
state-denied = denied
state-withdrawn = withdrawn
state-lapsed = lapsed
state-stopped = stopped
state-used-up = used up
state-never-used = never used
state-closed = closed
state-ended = ended

timeline-refused = Refused:
timeline-trouble = Trouble:
timeline-newest = These are the newest records. Older ones of this session are in the record: whoever operates this broker can export them.
timeline-dropped = <b>Records up to { $time } were moved out by retention.</b> What this session did until then is not shown here, and may not be counted. Whoever operates this broker may have it in an archive.

stop-all-what = <b>Everything that any agent may do ends at once.</b> Calls that run are cut, and requests that wait can no longer be approved. This cannot be undone: agents have to ask again.
stop-all-do =
    { $count ->
        [one] Stop { $count } live session
       *[other] Stop { $count } live sessions
    }
stop-all-list = What will stop
