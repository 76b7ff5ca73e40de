# Agenten: wem sie gehören, wie sie sich ausweisen, wie weit man ihnen traut.

agents-title = Agenten
agents-none = Es gibt noch keinen Agenten.
agents-none-register = Registrieren Sie einen, und verbinden Sie ihn dann.
agents-none-other = Agenten registrieren Entwickler und Admins.
agents-register = Agenten registrieren
agents-connect = Agenten verbinden
agents-of = von { $owner }
agents-last-seen = zuletzt gesehen { $ago }
agents-never-seen = noch nicht gesehen
agents-live =
    { $count ->
        [one] { $count } laufende Sitzung
       *[other] { $count } laufende Sitzungen
    }
agents-pending =
    { $count ->
        [one] { $count } Anfrage wartet
       *[other] { $count } Anfragen warten
    }
agents-new = neu
agents-known = bekannt
agents-paused = angehalten
agents-cooling = Zwangspause bis { $until }

## Ein Agent

agents-owner = Eigentümer
agents-trust = Vertrauen
agents-credentials = Ausweise
agents-secret-number = Geheimnis Nummer { $number }
agents-no-secret = Kein Geheimnis
agents-by-client = Durch den OAuth-Client, den sein Eigentümer mitgebracht hat
agents-client-of = OAuth-Client, bekannt durch { $host }
agents-client-unverified = OAuth-Client, der sich selbst registriert hat: sein Name ist ungeprüft
agents-grant-token = Sitzungs-Token
agents-is-direct = gilt unmittelbar am Proxy
agents-is-not-direct = muss für jeden Aufruf getauscht werden
agents-first = Zuerst gesehen
agents-last = Zuletzt gesehen
agents-never = nie
agents-now = Jetzt
agents-pause =
    { $count ->
        [0] Anhalten
        [one] Anhalten und { $count } Sitzung beenden
       *[other] Anhalten und { $count } Sitzungen beenden
    }
agents-resume = Wieder bitten lassen
agents-ask-an-admin = Nur ein Admin kann ihn wieder bitten lassen.
agents-how = So wird er verbunden
agents-recent = Worum er zuletzt bat
agents-asked-nothing = Noch um nichts.
agents-counts =
    Erbeten { $asked ->
        [one] { $asked } Aktion
       *[other] { $asked } Aktionen
    }, gewährt { $granted }, { $used ->
        [one] { $used } Aufruf
       *[other] { $used } Aufrufe
    }
agents-secret-once = Das Geheimnis von { $agent }
agents-secret-once-is = <b>Es wird nur dieses eine Mal gezeigt.</b> Legen Sie es dorthin, wo der Agent es liest, in eine Datei, die sonst niemand lesen kann; der Broker behält nur einen Hash davon.

## Einen ändern

agents-change = Ändern
agents-direct = Sein Sitzungs-Token gilt am Proxy
agents-direct-hint = Ein gestohlenes Token ist dann bis zum Ende der Sitzung brauchbar. Lassen Sie es aus, wenn der Agent Token tauschen kann.
agents-redirects = Rücksprungadressen
agents-redirects-hint = Wohin ein Browser mit einem Code für diesen Agenten zurückgeschickt werden darf, in jeder Zeile eine genaue Adresse: https, oder http auf 127.0.0.1, [::1] oder localhost, wo jeder Port gilt. Lassen Sie es leer, wenn er keinen Browser braucht.
agents-save = Speichern
agents-new-secret = Ein neues Geheimnis
agents-new-secret-is = Das alte gilt sofort nicht mehr. Laufende Sitzungen gehen weiter, denn sie gehören dem Agenten.
agents-first-secret-is = Er hat jetzt keines. Ein weiterer Zugang ist auch ein weiterer, auf den man achten muss.
agents-end-sessions = Auch alles beenden, was er hat: das alte kann jemand gesehen haben
agents-new-secret-do = Neues Geheimnis erzeugen
agents-keys = Öffentliche Schlüssel
agents-key = Öffentlicher Schlüssel
agents-key-hint = Ein öffentlicher JSON Web Key (Ed25519 oder P-256) oder ein öffentlicher Schlüssel in PEM. `countersign keygen` erzeugt einen. Niemals die private Hälfte.
agents-add-key = Schlüssel hinzufügen
agents-remove-key = Entfernen
agents-remove-key-of = Den Schlüssel { $key } entfernen; was mit ihm erbeten wurde, endet

## Ein neuer

agents-title-hint = Menschen sehen ihn auf jeder Karte.
agents-owner-hint = Wer für ihn einsteht. Das ändert sich nie.
agents-yours = Er wird Ihnen gehören, auf Dauer.
agents-credential = Er weist sich aus durch
agents-by-secret = ein Geheimnis, einmal gezeigt
agents-by-key = einen eigenen Schlüssel
agents-register-do = Registrieren
agents-error-owner = Das müssen Sie selbst sein; für andere registriert ein Admin.
agents-error-key = Er fehlt: ein öffentlicher JSON Web Key oder ein öffentlicher Schlüssel in PEM.

## Was daraus wurde

done-same = Es gibt keinen Unterschied zu dem, was galt.
done-agent-registered =
    { $title } ist registriert.{ $ended ->
        [0] {""}
       *[other] {" "}Beendete Sitzungen: { $ended }.
    }
done-agent-saved =
    Gespeichert.{ $ended ->
        [0] {""}
       *[other] {" "}Beendete Sitzungen: { $ended }.
    }
done-agent-secret =
    Er hat ein neues Geheimnis; ein altes gilt nicht mehr.{ $ended ->
        [0] {""}
       *[other] {" "}Beendete Sitzungen: { $ended }.
    }
done-agent-key =
    Er hat den Schlüssel jetzt.{ $ended ->
        [0] {""}
       *[other] {" "}Beendete Sitzungen: { $ended }.
    }
done-agent-key-removed =
    Der Schlüssel ist entfernt. Was mit ihm erbeten wurde, ist beendet.{ $ended ->
        [0] {""}
       *[other] {" "}Beendete Sitzungen: { $ended }.
    }
done-agent-paused =
    Angehalten. { $sessions ->
        [one] { $sessions } Sitzung
       *[other] { $sessions } Sitzungen
    } und { $requests ->
        [one] { $requests } offene Anfrage
       *[other] { $requests } offene Anfragen
    } beendet. Was er erbittet, wird abgelehnt, bis ein Admin ihn wieder bitten lässt.
