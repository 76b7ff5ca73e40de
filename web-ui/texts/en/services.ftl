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

account-edit = Change
account-remove-this = Remove
account-change = Change an account
account-personal = This account belongs to { $owner } for good: only { $owner } approves for it, and only the agents of { $owner } may ask for it. To share it, connect it again under another name.
account-shared = This account is shared for good: agents of everybody may ask for it.
account-remove = Remove an account
account-remove-sessions =
    { $count ->
        [0] No live session uses it.
        [one] { $count } live session loses its service.
       *[other] { $count } live sessions lose its service.
    }
account-remove-requests =
    { $count ->
        [0] No request waits for it.
        [one] { $count } request that waits for it is withdrawn.
       *[other] { $count } requests that wait for it are withdrawn.
    }
account-remove-what = The secret of <b>{ $account }</b> is destroyed here; revoke it at the service too. The name <code>{ $name }</code> stands for this account for good and cannot be used again.
account-remove-do = Remove it and stop what uses it
effect-account-renamed = Requests that wait and name this account have to be asked again. Live sessions go on.
done-account-saved = Saved. Live sessions go on; it holds from the next request.
done-account-removed =
    { $left ->
        [0] { $account } is removed, with its secret. The service has no account left: nobody can ask for it.
       *[other] { $account } is removed, with its secret.
    }
