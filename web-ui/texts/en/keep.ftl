# Services and their accounts, for those who keep them.

keep-services = Services
keep-add = Add a service
keep-none = No service is connected.
keep-none-admin = Agents can ask for nothing until there is one. Add the first, or declare it in a file with <code>countersign-broker apply -f FILE</code>.
keep-none-other = An admin of this installation adds services.
keep-no-account = no account
keep-blocked = blocked
keep-live-sessions =
    { $count ->
        [one] { $count } live session
       *[other] { $count } live sessions
    }
keep-last-used = last used { $ago }
keep-never-used = not used yet

## How an account stands

keep-health-lost = needs its secret
keep-health-refused = credential refused
keep-health-failing = service failing
keep-health-works = works
keep-health-sealed = vault sealed
keep-health-untried = not tried yet

## One service

keep-revoke-everywhere =
    { $count ->
        [0] Revoke everywhere…
        [one] Revoke in { $count } session…
       *[other] Revoke in { $count } sessions…
    }
keep-edit = Edit
keep-is-blocked = <b>It is blocked:</b> new requests for it are refused.
keep-unblock = Let it be asked for again
keep-is-private = private addresses allowed
keep-is-sensitive = sensitive
keep-version = Version
keep-used-now = Used now
keep-auth-is-bearer = Bearer token
keep-auth-is-header = In the header <code>{ $name }</code>
keep-auth-is-basic = Basic, as { $user }
keep-auth-is-none = Nothing: it asks for no credential
keep-accounts = Accounts
keep-no-account-yet = No account yet: agents cannot ask for it.
keep-connect = Connect an account
keep-personal = Personal to { $owner }: only they approve
keep-shared-all = Shared: everybody with the approver role approves
keep-shared-some = Shared: { $names } approve
keep-secret-of = Secret version { $version }, entered { $ago }
keep-last-call = Last call { $ago }: { $result }
keep-last-test = Tested { $ago } by { $by }: { $call }, { $result }, { $ms } ms
keep-test = Test
keep-reconnect = New secret
keep-actions = Actions
keep-usage-is = Granted and used in the last 30 days. What is granted and never used could be asked for less.
keep-action = Action
keep-effect = Effect
keep-granted = Sessions granted
keep-calls = Calls
keep-refused = Refused
keep-not-undone = cannot be undone
keep-not-used = not used in 30 days

## The form

keep-edit-title = Edit service
keep-catalogue = From the catalogue
keep-catalogue-actions =
    { $count ->
        [one] { $count } action
       *[other] { $count } actions
    }
keep-form-wrong = Nothing was saved. Something in the form is not as it must be.
keep-overtaken = <b>Somebody else saved it while you worked.</b> Nothing of yours was saved. This is what your form would change in how it stands now; look at it, and save again if you still mean it.
keep-name = Name
keep-name-hint = For commands, addresses and the record: small letters, digits and hyphens. It never changes.
keep-title = Name for people
keep-origin = Origin
keep-origin-hint = Only scheme, host and port, as https://api.example.com. Secrets are sealed for exactly this place.
keep-auth = Credential
keep-auth-bearer = Authorization: Bearer …
keep-auth-header = A header of its own
keep-auth-basic = Authorization: Basic …
keep-auth-name = Name of the header
keep-auth-prefix = Before the secret
keep-auth-prefix-hint = With its space at the end, if there is one.
keep-auth-user = User, for Basic
keep-resource = Resource
keep-resource-hint = How a call names its resource from the names in its path, as {"{"}owner{"}"}/{"{"}repo{"}"}. Empty if there is none.
keep-approvals = How many people must approve
keep-approvals-hint = 1 to 9. Critical actions take two in any case.
keep-four-eyes = Not by the agent’s owner alone
keep-four-eyes-hint = Somebody else than the agent’s owner has to decide.
keep-sensitive = What can be read there is sensitive
keep-sensitive-hint = Reading then needs as much as changing something.
keep-private = It lies in a private network
keep-private-hint = Only if it really does.
keep-private-warning = Calls may then reach addresses of your own network. Whoever controls the name of this service decides which.
keep-actions-hint = One row for each thing that an agent may ask for. Rows that are left empty are none.
keep-action-number = Action { $number }
keep-action-name = Name
keep-action-name-hint = As agents write it: issues.comment
keep-verb = Verb
keep-verb-hint = As in “comment on”
keep-object = Object
keep-object-hint = As in “issues”
keep-method = Method
keep-path = Path
keep-path-hint = With names in braces: /repos/{"{"}owner{"}"}/{"{"}repo{"}"}/issues
keep-reversible = Can be undone
keep-default = Offered to clients that name no action
keep-default-hint = Only for actions that read. A client of OAuth which asks for this service without saying what for is offered these; a person still approves.
keep-effect-read = reads
keep-effect-write = changes data
keep-effect-send = sends to others
keep-effect-spend = spends money or quota
keep-effect-delete = deletes
keep-effect-admin = permissions or credentials
keep-remove-row = Remove this action
keep-add-row = Add an action
keep-review = Look at what it does

## What saving does

keep-review-title = What changes
keep-review-lose =
    { $count ->
        [0] No live session holds it.
        [one] { $count } live session loses it; its agent has to ask again.
       *[other] { $count } live sessions lose it; their agents have to ask again.
    }
keep-review-why = A session uses what was granted to it, so any change takes the service away from those that hold it.
keep-secrets = Secrets that are needed again
keep-secrets-why = The place or the way in which they are sent changes, so what is stored does not open any more. <b>An account whose field you leave empty cannot be used</b> until its secret is entered.
keep-secret-again = Secret of { $account } ({ $name })
keep-save = Save
keep-back-to-form = Back to the form
keep-discard = Discard

## Accounts

keep-account = Account
keep-account-hint = Whose account it is at the service, as people know it: @paul
keep-whose = Whose is it?
keep-whose-personal = Personal: only its owner's agents use it, and only its owner approves
keep-whose-shared = Shared: everybody's agents may ask for it
keep-owner = Owner
keep-owner-hint = For a personal one. It never changes.
keep-approvers = Who approves a shared one
keep-approvers-hint = Tick nobody to let everybody with the approver role decide.
keep-nobody-approves = Nobody has the approver role yet: nobody could approve.
keep-secret = Secret
keep-secret-hint = At least 12 bytes. It goes into the vault and is never shown again, to nobody.
keep-connect-do = Connect
keep-reconnect-title = New secret
keep-reconnect-is = The new secret of { $account } at { $service } takes the place of the old one at once. Live sessions go on.
keep-reconnect-do = Replace the secret

## What is wrong

keep-error-new = This is the address of a page; take another name.
keep-error-taken = This name is taken.
keep-error-same = Nothing is different from how it is now.
keep-error-needed = It is needed. What you typed is never kept, so type it again.
keep-error-whose = Say whose it is: that decides who may approve.

## What came of it

done-unblocked = It may ask, or be asked for, again. What was stopped stays stopped.
done-service-added = Added. It needs an account before agents can ask for it.
done-service-saved =
    Saved. { $lost ->
        [0] No live session held it.
        [one] { $lost } live session lost it; its agent has to ask again.
       *[other] { $lost } live sessions lost it; their agents have to ask again.
    }{ $unusable ->
        [0] {""}
        [one] {" "}{ $unusable } account cannot be used until its secret is entered.
       *[other] {" "}{ $unusable } accounts cannot be used until their secrets are entered.
    }
done-connected = Connected as { $account }. Its secret is in the vault; nothing can show it again. Test it now.
done-reconnected = The secret of { $account } is replaced (version { $version }). Test it now.
done-test-taken = { $call } answered { $status } in { $ms } ms: the service took the credential.
done-test-refused = { $call } answered { $status } in { $ms } ms: the service refused the credential.
done-test-reached = { $call } answered { $status } in { $ms } ms: the service can be reached. This says nothing about the credential.
done-test-nothing = { $call } came to nothing after { $ms } ms: { $why }.
