# Coming in.


set-up = Set up
set-up-what = Make yourself the first person of this installation. You become its admin and an approver.
set-up-code = Code
set-up-code-hint = The broker printed it when it started. It works once, for 30 minutes.
set-up-name = Name
set-up-name-hint = For commands and the record: small letters, digits and hyphens.
set-up-title = Name for people
set-up-title-hint = Shown on pages and to agents. Left empty, it is the same.
