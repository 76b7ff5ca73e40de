# Dienste, und einen überall widerrufen.

revoke-title = Überall widerrufen
revoke-sessions =
    { $count ->
        [0] Keine laufende Sitzung hat ihn.
        [one] { $count } laufende Sitzung verliert ihn sofort.
       *[other] { $count } laufende Sitzungen verlieren ihn sofort.
    }
revoke-what = Laufende Aufrufe von { $service } werden abgebrochen, die nächsten scheitern. Wartende Anfragen danach können nicht mehr freigegeben werden. Das lässt sich nicht zurücknehmen: Agenten müssen neu fragen.
revoke-block = Auch neue Anfragen danach ablehnen
revoke-do =
    { $count ->
        [one] In { $count } Sitzung widerrufen
       *[other] In { $count } Sitzungen widerrufen
    }

account-edit = Ändern
account-remove-this = Entfernen
account-change = Konto ändern
account-personal = Dieses Konto gehört für immer { $owner }: nur { $owner } gibt dafür frei, und nur die Agenten von { $owner } dürfen danach fragen. Um es zu teilen, verbinden Sie es unter einem anderen Namen neu.
account-shared = Dieses Konto ist für immer gemeinsam: die Agenten aller dürfen danach fragen.
account-remove = Konto entfernen
account-remove-sessions =
    { $count ->
        [0] Keine laufende Sitzung benutzt es.
        [one] { $count } laufende Sitzung verliert den Dienst.
       *[other] { $count } laufende Sitzungen verlieren den Dienst.
    }
account-remove-requests =
    { $count ->
        [0] Keine Anfrage wartet darauf.
        [one] { $count } wartende Anfrage danach wird zurückgezogen.
       *[other] { $count } wartende Anfragen danach werden zurückgezogen.
    }
account-remove-what = Das Geheimnis von <b>{ $account }</b> wird hier vernichtet; widerrufen Sie es auch beim Dienst. Der Name <code>{ $name }</code> steht für immer für dieses Konto und lässt sich nicht wieder benutzen.
account-remove-do = Entfernen und stoppen, was es benutzt
effect-account-renamed = Wartende Anfragen, die dieses Konto nennen, müssen neu gestellt werden. Laufende Sitzungen gehen weiter.
done-account-saved = Gespeichert. Laufende Sitzungen gehen weiter; es gilt ab der nächsten Anfrage.
done-account-removed =
    { $left ->
        [0] { $account } ist entfernt, mit seinem Geheimnis. Der Dienst hat kein Konto mehr: niemand kann danach fragen.
       *[other] { $account } ist entfernt, mit seinem Geheimnis.
    }
