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
