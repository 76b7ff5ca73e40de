# Dienste, und einen überall widerrufen.

services-no-account = kein Konto
services-as = als { $account }
services-blocked = gesperrt
services-live =
    { $count ->
        [one] { $count } laufende Sitzung
       *[other] { $count } laufende Sitzungen
    }
services-actions =
    { $count ->
        [one] { $count } Aktion
       *[other] { $count } Aktionen
    }
services-permanent = lässt sich nicht zurücknehmen
services-revoke-open = Widerrufen…
services-empty = <b>Kein Dienst ist verbunden.</b> Ein Admin beschreibt Dienste in einer Datei und ruft <code>countersign-broker apply -f DATEI</code> auf.

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
