# Menschen und ihre Rollen, für Admins.

people-no-role = keine Rolle
people-seen = zuletzt hier { $when }, über { $via }
people-not-seen = seit einem Tag nicht hier
people-approved =
    { $count ->
        [one] { $count } laufende Sitzung freigegeben
       *[other] { $count } laufende Sitzungen freigegeben
    }
people-agents =
    { $count ->
        [one] { $count } Agent
       *[other] { $count } Agenten
    }
people-roles = Darf sein
people-add = Person hinzufügen…
people-add-hint = Erzeugen Sie danach auf der Seite der Person einen Link: damit meldet sie sich das erste Mal an.
people-add-do = Hinzufügen

role-approver = Freigeber
role-approver-may = entscheidet über Anfragen nach gemeinsamen Konten
# = en
role-admin = Admin
role-admin-may = pflegt Dienste, Agenten und Menschen; stoppt alles; liest das Protokoll
role-auditor = Prüfer
role-auditor-may = liest das ganze Protokoll
role-developer = Entwickler
role-developer-may = hat Agenten

person-blocked = Gesperrt: darf sich weder anmelden noch entscheiden, und ihre Agenten dürfen nichts.
person-last-admin = Niemand sonst ist Admin, deshalb kann diese Rolle nicht genommen werden.
person-save = Speichern
person-link = Ein Anmeldelink
person-link-hint = Er gilt einmal, zehn Minuten lang, und wird nur einmal gezeigt. Wer ihn öffnet, ist als diese Person angemeldet: geben Sie ihn niemand anderem. Im Protokoll steht, dass Sie ihn erzeugt haben.
person-link-do = Link erzeugen
person-let-in = Wieder zulassen
person-let-in-hint = Was gestoppt wurde, bleibt gestoppt: ihre Agenten müssen neu fragen.
person-let-in-do = Wieder zulassen
person-block = Sperren
person-block-hint = Meldet die Person überall ab und beendet sofort, was ihre Agenten dürfen und was sie freigegeben hat. Sie bleibt draußen, bis ein Admin sie wieder zulässt.
person-block-why = Warum? Es steht im Protokoll.
person-block-do = Sperren und alles stoppen

done-person-added = { $person } wurde hinzugefügt.
done-person-saved = Gespeichert. Es gilt ab der nächsten Handlung der Person.
done-person-let-in = Wieder zugelassen. Die Anmeldung geht wie zuvor; was gestoppt wurde, bleibt gestoppt.
done-person-link = Dieser Link meldet die Person einmal an, zehn Minuten lang. Er wird nicht noch einmal gezeigt: { $link }
done-person-vouched = Verbürgt. Ab jetzt zählt diese Person für sich.

people-passkeys =
    { $count ->
        [0] kein Passkey
        [one] { $count } Passkey
       *[other] { $count } Passkeys
    }
people-unsure = Nicht verbürgt
people-routine = Wirkt wie Routine

person-unsure = Der Passkey wurde in einer Sitzung hinzugefügt, die mit einem Link von { $people } begann. Wer einen Link erzeugt, kann ihn benutzen; wo mehrere freigeben müssen, zählen beide deshalb als eine Person. Ein anderer Admin, der weiß, dass der Passkey dieser Person gehört, kann sich für sie verbürgen.
person-vouch = Ich weiß, dass der Passkey dieser Person gehört
person-routine = <b>Diese Entscheidungen wirken wie Routine:</b> { $approved } von { $decisions } Anfragen einer Woche freigegeben.
person-routine-advice = Sprechen Sie mit der Person, oder lassen Sie Agenten weniger und für ganze Sitzungen fragen, damit eine Entscheidung etwas bedeutet.
decides-title = Entscheidet über
decides-change = Ändern…
decides-everything = Alle Dienste und alle Agenten, soweit Rollen und Konten es zulassen.
decides-only-services = Nur diese Dienste: { $names }
decides-only-agents = Nur diese Agenten: { $names }
decides-services = Nur diese Dienste
decides-agents = Nur diese Agenten
decides-hint = Wo nichts angekreuzt ist, entscheidet die Person über alle, auch über spätere. Die Rollen und wer für ein Konto freigibt gelten außerdem.
effect-account-nobody = Über { $name } könnte niemand mehr entscheiden: Agenten, die danach fragen, werden sofort abgewiesen.
effect-account-only = Über { $name } könnte dann nur noch { $person } entscheiden.
effect-agent-nobody = Über den Agenten { $name } könnte kein Freigeber mehr entscheiden.
effect-agent-only = Über den Agenten { $name } könnte als Freigeber dann nur noch { $person } entscheiden.
