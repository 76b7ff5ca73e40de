# Coming in.

sign-in = Sign in
sign-in-how = Countersign signs people in with a link that works once, for ten minutes. Whoever runs this broker makes one with
sign-in-before = Nothing can be approved, and nothing is shown, before you are signed in.
sign-in-incomplete = This link is not complete. Copy the whole of it.
sign-in-link = This signs you in on this device. The link then stops working.

set-up = Set up
set-up-what = Make yourself the first person of this installation. You become its admin and an approver.
set-up-code = Code
set-up-code-hint = The broker printed it when it started. It works once, for 30 minutes.
set-up-name = Name
set-up-name-hint = For commands and the record: small letters, digits and hyphens.
set-up-title = Name for people
set-up-title-hint = Shown on pages and to agents. Left empty, it is the same.
