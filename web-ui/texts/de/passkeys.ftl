# Anmeldung, Passkeys, Wiederherstellungscodes und die eigene Seite.

## Anmeldung

sign-in-title = Anmelden
sign-in-passkey = Mit Passkey anmelden
sign-in-passkey-what = Ihr Gerät fragt nach Finger, Gesicht oder PIN. Ein Name ist nicht nötig.
sign-in-link-what = Ohne Passkey: Ein Link meldet Sie an; er gilt einmal und zehn Minuten lang. Wer diesen Broker betreibt, erstellt ihn mit
sign-in-lost = Wenn Sie Ihren Passkey verloren haben, können Sie mit einem solchen Link und einem Ihrer Wiederherstellungscodes einen neuen einrichten.
sign-in-nothing = Vor der Anmeldung wird nichts angezeigt, und nichts kann freigegeben werden.
sign-in-link-cut = Dieser Link ist unvollständig. Kopieren Sie ihn ganz.
sign-in-link-here = Damit melden Sie sich auf diesem Gerät an. Danach gilt der Link nicht mehr.
sign-in-link-recovers = Sie haben einen Passkey: Ein Link allein meldet Sie nicht an. Mit einem Ihrer Wiederherstellungscodes können Sie auf diesem Gerät einen neuen Passkey einrichten. Danach gelten Code und Link nicht mehr.
sign-in-do = Anmelden
sign-in-recover = Weiter zum neuen Passkey
sign-in-code = Wiederherstellungscode
sign-in-code-what = Einer der zehn, die Ihnen mit dem ersten Passkey gezeigt wurden. Jeder gilt einmal.

## Ein Passkey wird eingerichtet oder benutzt

passkey-noscript = Passkeys brauchen JavaScript: Nur so lässt sich Ihr Gerät fragen.
passkey-add-title = Passkey hinzufügen
passkey-first = Ihr Gerät oder Passwortmanager bewahrt den Passkey auf und gibt ihn nur mit Finger, Gesicht oder PIN frei. Damit melden Sie sich hier an und bestätigen Entscheidungen, für die ein Klick nicht reicht. Auf einer anderen Website lässt er sich nicht benutzen.
passkey-another = Mit einem zweiten Passkey auf einem anderen Gerät sperren Sie sich nicht aus.
passkey-prove-first = Benutzen Sie zuerst einen Ihrer Passkeys: Niemand sonst darf für Sie einen hinzufügen.
passkey-use = Passkey benutzen
passkey-name = Bezeichnung
passkey-name-what = Damit Sie ihn später wiedererkennen. Bleibt das Feld leer, bekommt er eine Nummer.
# = en
passkey-name-example = Laptop
passkey-make = Passkey einrichten
passkey-later = Ein neuer Passkey beendet Ihre anderen Anmeldungen und API-Tokens. <inbox>Nicht jetzt</inbox>
passkey-remove-title = Passkey entfernen
passkey-remove-what = <b>{ $name }</b> meldet Sie dann nicht mehr an und bestätigt nichts mehr. Ihre anderen Anmeldungen und API-Tokens enden. Ihr Gerät führt ihn weiter auf; löschen Sie ihn auch dort.
passkey-remove-last = Es ist Ihr letzter: Danach genügt wieder ein Anmeldelink allein.
passkey-remove-do = Entfernen
passkey-gone = Diesen Passkey gibt es nicht mehr.
passkey-asks = Ihr Gerät fragt nach Ihrem Passkey.
passkey-back = Zurück
prove-title = Benutzen Sie Ihren Passkey
prove-why = Das ändert, wer was darf oder was Countersign aufbewahrt. Deshalb braucht es Ihren Passkey, in den letzten fünf Minuten benutzt. Noch ist nichts geschehen.
prove-kept = Ihre Eingaben sind noch da; von hier geht es weiter.
prove-secret-again = Das eingegebene Geheimnis wird nicht aufgehoben: Geben Sie es auf der nächsten Seite noch einmal ein.
prove-before-secret = Für die Eingabe eines Geheimnisses braucht es Ihren Passkey, in den letzten fünf Minuten benutzt. Benutzen Sie ihn zuerst, damit Sie nichts vergeblich eingeben.
prove-go-on = Weiter
prove-service = Zum Dienst { $name }
prove-connection = Zum Konto { $name }
prove-agent = Zum Agenten { $name }
prove-person = Zur Person { $name }
recover-title = Neuen Passkey einrichten
recover-make = Sie haben sich mit einem Wiederherstellungscode angemeldet. Damit können Sie nur einen neuen Passkey einrichten; danach sind Sie angemeldet. Den verlorenen entfernen Sie anschließend auf Ihrer eigenen Seite.

## Wiederherstellungscodes

codes-title = Wiederherstellungscodes
codes-replaced = Neue Codes ersetzen alle bisherigen.
codes-make = Zehn neue Codes erstellen
codes-once = Diese Codes sehen Sie nur jetzt.
codes-what = Drucken Sie sie aus oder bewahren Sie sie in einem Passwortmanager auf, nicht auf dem Gerät mit Ihrem Passkey. Wenn Sie alle Passkeys verlieren, können Sie mit einem Anmeldelink und einem dieser Codes einen neuen einrichten. Jeder gilt einmal.
codes-copy = Als Text zum Kopieren
codes-kept = Ich habe sie aufbewahrt

## Die eigene Seite

me-title = Ihr Konto
# = en
me-passkeys = Passkeys
me-passkeys-none = Sie haben noch keinen. Mit einem Passkey kann sich niemand allein mit einem Link als Sie anmelden, und Sie können freigeben, wofür ein Klick nicht reicht.
me-passkeys-impossible = Hier sind keine Passkeys möglich:
me-passkeys-add = Passkey hinzufügen
me-passkey-added = hinzugefügt { $time }
me-passkey-used = zuletzt benutzt { $ago }
me-passkey-unused = noch nicht benutzt
me-passkey-synced = mit Ihren anderen Geräten synchronisiert
me-passkey-here = nur auf einem Gerät
me-passkey-foreign = Nicht von diesem Broker eingerichtet: Er bestätigt nichts. Entfernen Sie ihn.
me-passkey-rename = Umbenennen
me-passkey-name = Bezeichnung
me-passkey-rename-do = Umbenennen
me-passkey-remove = Entfernen…
me-codes = Wiederherstellungscodes
me-codes-left =
    { $count ->
        [one] Noch <b>{ $count }</b> Code übrig.
       *[other] Noch <b>{ $count }</b> Codes übrig.
    }
me-codes-few = Sie haben nur noch wenige Wiederherstellungscodes. Ohne sie kann Ihnen nur der Betreiber wieder Zugang geben, wenn Sie Ihre Passkeys verlieren.
me-codes-what = Zusammen mit einem Anmeldelink können Sie mit einem davon einen neuen Passkey einrichten, wenn Sie Ihren verloren haben.
me-codes-make = Neue Codes erstellen…
me-sessions = Wo Sie angemeldet sind
me-session-unknown = Unbekanntes Gerät
me-session-passkey = mit Passkey
me-session-recovery = mit Wiederherstellungscode
me-session-set-up = mit dem Einrichtungscode
me-session-link-by = über einen Link, den { $person } erzeugt hat
me-session-link = über einen Link
me-session-since = seit { $time }
me-session-used = zuletzt benutzt { $ago }
me-session-this = Diese hier
me-session-end = Beenden
me-sessions-end-others = Alle anderen beenden
me-roles = Was Sie dürfen
me-roles-none = Sie haben keine Rolle: Sie sehen, was Ihre eigenen Agenten tun.
me-role-approver = <b>Freigeber</b>: entscheidet über Anfragen für gemeinsame Konten
me-role-admin = <b>Admin</b>: stoppt alles und verwaltet Dienste, Agenten und Personen
me-role-auditor = <b>Prüfer</b>: liest das ganze Protokoll
me-role-developer = <b>Entwickler</b>: besitzt Agenten
me-token = API-Token
me-token-how = Für die Kommandozeile und Programme. Wer diesen Broker betreibt, erstellt es mit
me-token-what = Es gilt höchstens 12 Stunden und kann, was Sie nach einer Anmeldung über einen Link können. Wenn Sie einen Passkey hinzufügen oder entfernen, endet es.

## Was ein Formular bewirkt hat

me-done-added = Ihr Passkey ist hinzugefügt. Ihre anderen Anmeldungen und API-Tokens sind beendet.
me-done-renamed = Umbenannt.
me-done-removed = Der Passkey ist entfernt. Ihre anderen Anmeldungen und API-Tokens sind beendet.
me-done-ended = Diese Anmeldung ist beendet.
me-done-others-ended = Alle Ihre anderen Anmeldungen sind beendet.
