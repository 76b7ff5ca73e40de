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
