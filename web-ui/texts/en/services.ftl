# Services, and revoking one everywhere.

services-no-account = no account
services-as = as { $account }
services-blocked = blocked
services-live =
    { $count ->
        [one] { $count } live session
       *[other] { $count } live sessions
    }
services-actions =
    { $count ->
        [one] { $count } action
       *[other] { $count } actions
    }
services-permanent = cannot be undone
services-revoke-open = Revoke…
services-empty = <b>No service is connected.</b> An admin declares services in a file and runs <code>countersign-broker apply -f FILE</code>.

revoke-title = Revoke everywhere
revoke-sessions =
    { $count ->
        [0] No live session holds it.
        [one] { $count } live session loses it at once.
       *[other] { $count } live sessions lose it at once.
    }
revoke-what = Calls to { $service } that run are cut, the next ones fail. Requests for it that wait can no longer be approved. This cannot be undone: agents have to ask again.
revoke-block = Refuse new requests for it too
revoke-do =
    { $count ->
        [one] Revoke in { $count } session
       *[other] Revoke in { $count } sessions
    }
