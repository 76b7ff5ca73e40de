# Services, and revoking one everywhere.

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
