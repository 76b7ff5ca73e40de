# People and their roles, for admins.

people-no-role = no role
people-seen = last here { $when }, by { $via }
people-not-seen = not here in the last day
people-approved =
    { $count ->
        [one] { $count } live session approved
       *[other] { $count } live sessions approved
    }
people-agents =
    { $count ->
        [one] { $count } agent
       *[other] { $count } agents
    }
people-roles = May be
people-add = Add a person…
people-add-hint = Then make a link on their page: with it they sign in for the first time.
people-add-do = Add

role-approver = Approver
role-approver-may = decides on requests for shared accounts
role-admin = Admin
role-admin-may = keeps services, agents and people; stops anything; reads the record
role-auditor = Auditor
role-auditor-may = reads the whole record
role-developer = Developer
role-developer-may = owns agents

person-blocked = Blocked: may neither sign in nor decide, and their agents may do nothing.
person-last-admin = Nobody else is an admin, so this role cannot be taken away.
person-save = Save
person-link = A link to sign in
person-link-hint = It works once, for ten minutes, and is shown only once. Whoever opens it is signed in as this person: give it to nobody else. The record says that you made it.
person-link-do = Make a link
person-let-in = Let in again
person-let-in-hint = What was stopped stays stopped: their agents have to ask again.
person-let-in-do = Let in again
person-block = Block
person-block-hint = Signs them out everywhere, and ends at once what their agents may do and what they have approved. They stay out until an admin lets them in again.
person-block-why = Why? It stands in the record.
person-block-do = Block and stop everything

done-person-added = { $person } was added.
done-person-saved = Saved. It holds from the next thing they do.
done-person-let-in = Let in again. They sign in as before; what was stopped stays stopped.
done-person-link = This link signs them in once, for ten minutes. It is not shown again: { $link }
done-person-vouched = Vouched for. From now on they count as a person of their own.

people-passkeys =
    { $count ->
        [0] no passkey
        [one] { $count } passkey
       *[other] { $count } passkeys
    }
people-unsure = Not vouched for
people-routine = Looks routine

person-unsure = Their passkey was added in a session that began with a link made by { $people }. Whoever makes a link can use it, so where several have to approve, they count as one person. Another admin who knows that the passkey is theirs can vouch for them.
person-vouch = I know that the passkey is theirs
person-routine = <b>Their decisions look routine:</b> approved { $approved } of { $decisions } requests in a week.
person-routine-advice = Talk to them, or have agents ask for less and for whole sessions, so that a decision means something.
decides-title = Decides for
decides-change = Change…
decides-everything = Every service and every agent, as far as their roles and the accounts let them.
decides-only-services = Only these services: { $names }
decides-only-agents = Only these agents: { $names }
decides-services = Only these services
decides-agents = Only these agents
decides-hint = Where nothing is ticked, they decide for all, also for those that come later. The roles, and who approves for an account, hold besides.
effect-account-nobody = Nobody could decide about { $name } any more: agents that ask for it are refused at once.
effect-account-only = Only { $person } could then decide about { $name }.
effect-agent-nobody = No approver could decide about the agent { $name } any more.
effect-agent-only = Only { $person } could then decide as an approver about the agent { $name }.
