# Was in einer Sitzung geschah, und was aus einem Aufruf wurde.

timeline-asked = Gefragt
timeline-approved = Freigegeben von { $who }
timeline-consented = Freigegeben, als eine von mehreren Stimmen, von { $who }
timeline-denied = Abgelehnt von { $who }
timeline-withdrawn = Vom Agenten zurückgezogen
timeline-lapsed = Abgelaufen, bevor jemand entschieden hat
timeline-started = Vom Agenten begonnen
timeline-ended = Beendet: { $why }
timeline-stopped = Gestoppt von { $who }
timeline-service-taken = Ein Dienst wurde entzogen von { $who }
timeline-by-agent = dem Agenten
timeline-by-operator = dem Betreiber
timeline-by-broker = dem Broker
timeline-via-passkey = angemeldet mit einem Passkey
timeline-via-link = angemeldet über einen Link
timeline-via-link-by = angemeldet über einen Link, den { $by } gemacht hat
timeline-via-token = angemeldet über ein Token
timeline-via = angemeldet über { $via }

end-expired = die Zeit war um
end-revoked = gestoppt
end-closed = vom Agenten geschlossen
end-exhausted = alle Grenzen waren ausgeschöpft
end-idle = zu lange kein Aufruf
end-not-redeemed = der Agent hat sie nie begonnen
end-unknown = aus einem anderen Grund

call-on-its-way = unterwegs
# = en
call-answered = { $status } · { $ms } ms
call-not-sent = nicht gesendet: { $why }
call-unknown = Ausgang unbekannt: { $why }
trouble-cut = währenddessen gestoppt
trouble-broken = der Dienst hat abgebrochen
trouble-agent-left = der Agent ist gegangen
trouble-answer-refused = die Antwort konnte nicht weitergegeben werden
trouble-address-refused = die Adresse des Dienstes ist nicht erlaubt
trouble-tls = das Zertifikat oder TLS des Dienstes ist fehlgeschlagen
trouble-unreachable = der Dienst war nicht erreichbar
trouble-timeout = der Dienst hat zu lange gebraucht
trouble-body = der Agent hat seinen Inhalt abgebrochen

## Aufrufe von Werkzeugen

call-tool-failed = das Werkzeug sagt, dass es gescheitert ist
call-cleaned-invisible =
    { $count ->
        [one] { $count } unsichtbares Zeichen herausgenommen
       *[other] { $count } unsichtbare Zeichen herausgenommen
    }
call-cleaned-control =
    { $count ->
        [one] { $count } Steuerzeichen herausgenommen
       *[other] { $count } Steuerzeichen herausgenommen
    }
call-cleaned-markup = Auszeichnung an { $count ->
        [one] { $count } Stelle
       *[other] { $count } Stellen
    } herausgenommen oder sichtbar gemacht
call-cleaned-size =
    { $count ->
        [one] { $count } Text gekürzt
       *[other] { $count } Texte gekürzt
    }
