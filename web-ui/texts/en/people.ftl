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
