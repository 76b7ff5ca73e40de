# Dienste und ihre Konten, für alle, die sie pflegen.

keep-services = Dienste
keep-add = Dienst hinzufügen
keep-none = Es ist kein Dienst verbunden.
keep-none-admin = Agenten können um nichts bitten, solange es keinen gibt. Fügen Sie den ersten hinzu, oder beschreiben Sie ihn in einer Datei mit <code>countersign-broker apply -f FILE</code>.
keep-none-other = Dienste fügt ein Admin dieser Installation hinzu.
keep-no-account = kein Konto
keep-blocked = gesperrt
keep-live-sessions =
    { $count ->
        [one] { $count } laufende Sitzung
       *[other] { $count } laufende Sitzungen
    }
keep-last-used = zuletzt benutzt { $ago }
keep-never-used = noch nicht benutzt

## Wie ein Konto steht

keep-health-lost = braucht sein Geheimnis
keep-health-refused = Zugang abgelehnt
keep-health-failing = Dienst gestört
keep-health-works = funktioniert
keep-health-sealed = Tresor versiegelt
keep-health-untried = noch nicht versucht

## Ein Dienst

keep-revoke-everywhere =
    { $count ->
        [0] Überall widerrufen…
        [one] In { $count } Sitzung widerrufen…
       *[other] In { $count } Sitzungen widerrufen…
    }
keep-edit = Bearbeiten
keep-is-blocked = <b>Er ist gesperrt:</b> Neue Anfragen nach ihm werden abgelehnt.
keep-unblock = Wieder zulassen
keep-is-private = private Adressen erlaubt
keep-is-sensitive = vertraulich
# = en
keep-version = Version
keep-used-now = Jetzt in Gebrauch
keep-auth-is-bearer = Bearer-Token
keep-auth-is-header = Im Header <code>{ $name }</code>
keep-auth-is-basic = Basic, als { $user }
keep-auth-is-none = Nichts: Er verlangt keine Zugangsdaten
keep-accounts = Konten
keep-no-account-yet = Noch kein Konto: Agenten können nicht um ihn bitten.
keep-connect = Konto verbinden
keep-personal = Gehört { $owner }: nur diese Person gibt frei
keep-shared-all = Geteilt: alle mit der Rolle Freigeber geben frei
keep-shared-some = Geteilt: es geben frei: { $names }
keep-secret-of = Geheimnis Version { $version }, eingegeben { $ago }
keep-last-call = Letzter Aufruf { $ago }: { $result }
keep-last-test = Geprüft { $ago } von { $by }: { $call }, { $result }, { $ms } ms
keep-test = Prüfen
keep-reconnect = Neues Geheimnis
keep-actions = Aktionen
keep-usage-is = Gewährt und benutzt in den letzten 30 Tagen. Was gewährt und nie benutzt wird, muss niemand erbitten.
keep-action = Aktion
keep-effect = Wirkung
keep-granted = Sitzungen gewährt
keep-calls = Aufrufe
keep-refused = Abgelehnt
keep-not-undone = nicht rückgängig zu machen
keep-not-used = in 30 Tagen nicht benutzt

## Das Formular

keep-edit-title = Dienst bearbeiten
keep-catalogue = Aus dem Katalog
keep-catalogue-actions =
    { $count ->
        [one] { $count } Aktion
       *[other] { $count } Aktionen
    }
keep-form-wrong = Nichts wurde gespeichert. Etwas im Formular stimmt noch nicht.
keep-overtaken = <b>Jemand anders hat inzwischen gespeichert.</b> Von Ihnen wurde nichts gespeichert. Das würde Ihr Formular am jetzigen Stand ändern; sehen Sie es an, und speichern Sie noch einmal, wenn Sie es so meinen.
# = en
keep-name = Name
keep-name-hint = Für Befehle, Adressen und das Protokoll: kleine Buchstaben, Ziffern und Bindestriche. Er ändert sich nie.
keep-title = Name für Menschen
keep-origin = Ursprung
keep-origin-hint = Nur Schema, Host und Port, etwa https://api.example.com. Geheimnisse werden für genau diesen Ort versiegelt.
keep-auth = Zugang
# = en
keep-auth-bearer = Authorization: Bearer …
keep-auth-header = Ein eigener Header
# = en
keep-auth-basic = Authorization: Basic …
keep-auth-name = Name des Headers
keep-auth-prefix = Vor dem Geheimnis
keep-auth-prefix-hint = Mit dem Leerzeichen am Ende, falls es eines gibt.
keep-auth-user = Benutzer, für Basic
keep-resource = Ressource
keep-resource-hint = Wie ein Aufruf seine Ressource aus den Namen im Pfad bildet, etwa {"{"}owner{"}"}/{"{"}repo{"}"}. Leer, wenn es keine gibt.
keep-approvals = Wie viele Personen freigeben müssen
keep-approvals-hint = 1 bis 9. Kritische Aktionen brauchen in jedem Fall zwei.
keep-four-eyes = Nicht vom Eigentümer des Agenten allein
keep-four-eyes-hint = Jemand anderes als der Eigentümer des Agenten muss entscheiden.
keep-sensitive = Was dort zu lesen ist, ist vertraulich
keep-sensitive-hint = Lesen verlangt dann so viel wie Ändern.
keep-private = Er liegt in einem privaten Netz
keep-private-hint = Nur, wenn das wirklich so ist.
keep-private-warning = Aufrufe erreichen dann auch Adressen in Ihrem eigenen Netz. Welche, bestimmt, wer über den Namen dieses Dienstes verfügt.
keep-actions-hint = Eine Zeile für alles, worum ein Agent bitten kann. Leere Zeilen zählen nicht.
keep-action-number = Aktion { $number }
# = en
keep-action-name = Name
keep-action-name-hint = So, wie Agenten ihn schreiben: issues.comment
# = en
keep-verb = Verb
keep-verb-hint = Wie in „comment on“
keep-object = Objekt
keep-object-hint = Wie in „issues“
keep-method = Methode
keep-path = Pfad
keep-path-hint = Mit Namen in Klammern: /repos/{"{"}owner{"}"}/{"{"}repo{"}"}/issues
keep-reversible = Lässt sich rückgängig machen
keep-default = Wird Clients angeboten, die keine Aktion nennen
keep-default-hint = Nur für lesende Aktionen. Ein OAuth-Client, der diesen Dienst anfragt, ohne zu sagen wofür, bekommt sie angeboten; ein Mensch gibt sie trotzdem frei.
keep-effect-read = liest
keep-effect-write = ändert Daten
keep-effect-send = sendet an andere
keep-effect-spend = kostet Geld oder Kontingent
keep-effect-delete = löscht
keep-effect-admin = Rechte oder Zugänge
keep-remove-row = Diese Aktion entfernen
keep-add-row = Aktion hinzufügen
keep-review = Ansehen, was das bewirkt

## Was das Speichern bewirkt

keep-review-title = Was sich ändert
keep-review-lose =
    { $count ->
        [0] Keine laufende Sitzung benutzt ihn.
        [one] { $count } laufende Sitzung verliert ihn; ihr Agent muss neu bitten.
       *[other] { $count } laufende Sitzungen verlieren ihn; ihre Agenten müssen neu bitten.
    }
keep-review-why = Eine Sitzung benutzt, was ihr gewährt wurde; jede Änderung nimmt den Dienst also allen, die ihn haben.
keep-secrets = Geheimnisse, die noch einmal gebraucht werden
keep-secrets-why = Der Ort oder die Art, wie sie gesendet werden, ändert sich; was gespeichert ist, lässt sich dann nicht mehr öffnen. <b>Ein Konto, dessen Feld Sie leer lassen, ist unbenutzbar,</b> bis sein Geheimnis eingegeben ist.
keep-secret-again = Geheimnis von { $account } ({ $name })
keep-save = Speichern
keep-back-to-form = Zurück zum Formular
keep-discard = Verwerfen

## Konten

keep-account = Konto
keep-account-hint = Wessen Konto es beim Dienst ist, so, wie man es dort kennt: @paul
keep-whose = Wem gehört es?
keep-whose-personal = Einer Person: nur deren Agenten benutzen es, und nur sie gibt frei
keep-whose-shared = Geteilt: alle Agenten dürfen darum bitten
keep-owner = Eigentümer
keep-owner-hint = Für ein persönliches Konto. Er ändert sich nie.
keep-approvers = Wer ein geteiltes freigibt
keep-approvers-hint = Wählen Sie niemanden, damit alle mit der Rolle Freigeber entscheiden.
keep-nobody-approves = Noch hat niemand die Rolle Freigeber: niemand könnte freigeben.
keep-secret = Geheimnis
keep-secret-hint = Mindestens 12 Bytes. Es kommt in den Tresor und wird niemandem je wieder gezeigt.
keep-connect-do = Verbinden
keep-reconnect-title = Neues Geheimnis
keep-reconnect-is = Das neue Geheimnis von { $account } bei { $service } ersetzt das alte sofort. Laufende Sitzungen gehen weiter.
keep-reconnect-do = Geheimnis ersetzen

## Was nicht stimmt

keep-error-new = Das ist die Adresse einer Seite; nehmen Sie einen anderen Namen.
keep-error-taken = Dieser Name ist vergeben.
keep-error-same = Es gibt keinen Unterschied zu dem, was jetzt gilt.
keep-error-needed = Es fehlt. Was Sie eingeben, wird nie behalten; geben Sie es noch einmal ein.
keep-error-whose = Sagen Sie, wem es gehört: das bestimmt, wer freigeben darf.

## Was daraus wurde

done-unblocked = Wieder zugelassen. Was gestoppt wurde, bleibt gestoppt.
done-service-added = Hinzugefügt. Bevor Agenten um ihn bitten können, braucht er ein Konto.
done-service-saved =
    Gespeichert. { $lost ->
        [0] Keine laufende Sitzung benutzte ihn.
        [one] { $lost } laufende Sitzung hat ihn verloren; ihr Agent muss neu bitten.
       *[other] { $lost } laufende Sitzungen haben ihn verloren; ihre Agenten müssen neu bitten.
    }{ $unusable ->
        [0] {""}
        [one] {" "}{ $unusable } Konto ist unbenutzbar, bis sein Geheimnis eingegeben ist.
       *[other] {" "}{ $unusable } Konten sind unbenutzbar, bis ihre Geheimnisse eingegeben sind.
    }
done-connected = Verbunden als { $account }. Das Geheimnis liegt im Tresor; nichts kann es wieder zeigen. Prüfen Sie es jetzt.
done-reconnected = Das Geheimnis von { $account } ist ersetzt (Version { $version }). Prüfen Sie es jetzt.
done-test-taken = { $call } ergab { $status } in { $ms } ms: Der Dienst nimmt den Zugang an.
done-test-refused = { $call } ergab { $status } in { $ms } ms: Der Dienst lehnt den Zugang ab.
done-test-reached = { $call } ergab { $status } in { $ms } ms: Der Dienst ist erreichbar. Über den Zugang sagt das nichts.
done-test-nothing = { $call } ergab nach { $ms } ms nichts: { $why }.
