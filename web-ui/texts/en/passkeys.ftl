# Signing in, passkeys, recovery codes, and the viewer's own page.

## Signing in

sign-in-title = Sign in
sign-in-passkey = Sign in with a passkey
sign-in-passkey-what = Your device asks for your finger, face or PIN. No name is needed.
sign-in-link-what = Without a passkey: a link signs you in that works once, for ten minutes. Whoever runs this broker makes one with
sign-in-lost = If you have a passkey and lost it, such a link and one of your recovery codes let you make a new one.
sign-in-nothing = Nothing can be approved, and nothing is shown, before you are signed in.
sign-in-link-cut = This link is not complete. Copy the whole of it.
sign-in-link-here = This signs you in on this device. The link then stops working.
sign-in-link-recovers = You have a passkey: a link alone does not sign you in. With one of your recovery codes you can make a new passkey on this device. The code and the link then stop working.
sign-in-do = Sign in
sign-in-recover = Go on to a new passkey
sign-in-code = Recovery code
sign-in-code-what = One of the ten that you were shown with your first passkey. Each works once.

## A passkey is made or used

passkey-noscript = Passkeys need JavaScript: only it can ask your device.
passkey-add-title = Add a passkey
passkey-first = A passkey is kept by your device or password manager and opens with your finger, face or PIN. With it you sign in here, and prove decisions that need more than a click. Nobody can use it from another site.
passkey-another = A second passkey on another device keeps you from being locked out.
passkey-prove-first = Use one of your passkeys first: nobody else may add one for you.
passkey-use = Use your passkey
passkey-name = What to call it
passkey-name-what = So that you recognise it later. Left empty, it gets a number.
passkey-name-example = Laptop
passkey-make = Make a passkey
passkey-later = Adding a passkey ends your other sessions and API tokens. <inbox>Not now</inbox>
passkey-remove-title = Remove a passkey
passkey-remove-what = <b>{ $name }</b> will not sign you in any more and proves nothing. Your other sessions and API tokens end. Your device still lists it; delete it there too.
passkey-remove-last = It is your last one: after that, a sign-in link alone is enough again.
passkey-remove-do = Remove it
passkey-gone = There is no such passkey any more.
passkey-asks = Your device asks for your passkey.
passkey-back = Back
prove-title = Use your passkey
prove-why = This changes who may do what, or what Countersign keeps, so it takes your passkey, used within the last five minutes. Nothing has been done yet.
prove-kept = What you typed is kept, and it goes on from here.
prove-secret-again = The secret that you typed is not kept: you enter it again on the next page.
prove-before-secret = Entering a secret takes your passkey, used within the last five minutes. Use it first, so that nothing is typed in vain.
prove-go-on = Go on
prove-service = About the service { $name }
prove-connection = About the account { $name }
prove-agent = About the agent { $name }
prove-person = About the person { $name }
recover-title = Make a new passkey
recover-make = You came in with a recovery code. All you can do with it is to make a new passkey; then you are signed in. Remove the lost one on your own page afterwards.

## Recovery codes

codes-title = Recovery codes
codes-replaced = New codes replace all those of before.
codes-make = Make ten new codes
codes-once = These are shown once, now.
codes-what = Print them or keep them in a password manager, not on the device with your passkey. If you lose every passkey, a sign-in link and one of these let you make a new one. Each works once.
codes-copy = As text, to copy
codes-kept = I have kept them

## The viewer's own page

me-title = Your account
me-passkeys = Passkeys
me-passkeys-none = You have none yet. With a passkey nobody signs in as you by a link alone, and you can approve what needs more than a click.
me-passkeys-impossible = There can be no passkeys here:
me-passkeys-add = Add a passkey
me-passkey-added = added { $time }
me-passkey-used = last used { $ago }
me-passkey-unused = not used yet
me-passkey-synced = synced to your other devices
me-passkey-here = on one device only
me-passkey-foreign = Not enrolled by this broker: it proves nothing. Remove it.
me-passkey-rename = Rename
me-passkey-name = Its name
me-passkey-rename-do = Rename
me-passkey-remove = Remove…
me-codes = Recovery codes
me-codes-left =
    { $count ->
        [one] <b>{ $count }</b> code left.
       *[other] <b>{ $count }</b> codes left.
    }
me-codes-few = You have few recovery codes left. Without any, only the operator can let you back in if you lose your passkeys.
me-codes-what = With a sign-in link, one of them lets you make a new passkey if you lost yours.
me-codes-make = Make new codes…
me-sessions = Where you are signed in
me-session-unknown = Unknown device
me-session-passkey = by a passkey
me-session-recovery = by a recovery code
me-session-set-up = by the set-up code
me-session-link-by = by a link that { $person } made
me-session-link = by a link
me-session-since = since { $time }
me-session-used = last used { $ago }
me-session-this = This one
me-session-end = End
me-sessions-end-others = End all others
me-roles = What you may do
me-roles-none = You have no role: you can see what your own agents do.
me-role-approver = <b>Approver</b>: decides on requests for shared accounts
me-role-admin = <b>Admin</b>: stops anything, and keeps services, agents and people
me-role-auditor = <b>Auditor</b>: reads the whole record
me-role-developer = <b>Developer</b>: owns agents
me-token = API token
me-token-how = For the command line and programs. Whoever runs this broker makes one with
me-token-what = It works for at most 12 hours, and can do what you can do in a session from a link. Adding or removing a passkey ends it.

## What came of a form

me-done-added = Your passkey is added. Your other sessions and API tokens have ended.
me-done-renamed = Renamed.
me-done-removed = The passkey is removed. Your other sessions and API tokens have ended.
me-done-ended = That session has ended.
me-done-others-ended = All your other sessions have ended.
