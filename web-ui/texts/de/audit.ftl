# Das Protokoll: durchsehen, ein Eintrag, prüfen.

audit-who = Wer es war
# = en
audit-agent = Agent
audit-service = Dienst
audit-kind = Was geschah
audit-outcome = Wie es ausging
audit-since = Von (UTC)
audit-until = Bis (UTC)
audit-any = alles
audit-look = Suchen
audit-clear = Alles zeigen
audit-unread = Diese Filter waren nicht lesbar und bleiben unberücksichtigt:
audit-found = Neueste zuerst
audit-nothing = Nichts im Protokoll passt dazu.
audit-further = Weiter zurück suchen
audit-looked = Eine Seite sucht nur so weit. Durchsucht bis { $time }.
audit-dropped = Einträge bis { $time } wurden ausgelagert. Wer diesen Broker betreibt, hat sie vielleicht in einem Archiv.

audit-whole = Das ganze Protokoll
audit-not-verified = Dieser Broker hat das Protokoll seit seinem Start nicht geprüft.
audit-verify = Protokoll prüfen
audit-verify-hint = Liest jeden Eintrag und prüft seine Prüfsumme, und dass kein Aufruf ohne Freigabe oder nach einem Widerruf geschah.
audit-verified =
    { $chains ->
        [one] Das Protokoll ist vollständig: { $records } Einträge in { $chains } Kette.
       *[other] Das Protokoll ist vollständig: { $records } Einträge in { $chains } Ketten.
    }
audit-verified-counts = Freigaben: { $approvals }, Widerrufe: { $revocations }, Aufrufe: { $calls }.
audit-verified-dropped = { $count } frühere Einträge wurden ausgelagert; das steht im Protokoll.
audit-verified-by = { $time }, von { $person }
audit-damaged = Das Protokoll ist beschädigt.
audit-damaged-at = Eintrag { $number } seiner Kette:
audit-anchored = Der Anker neben der Datenbank wurde zuletzt { $time } geschrieben.
audit-no-anchor = Neben der Datenbank liegt kein Anker: eine zurückgespielte Kopie würde daran nicht bemerkt.
audit-heads = Ketten und ihre Enden
audit-chain-started = von { $time }
audit-chain-ended = bis { $time }
audit-chain-open = läuft weiter
audit-chain-records =
    { $count ->
        [one] { $count } Eintrag
       *[other] { $count } Einträge
    }

audit-place = Eintrag { $number }
audit-earlier = Der davor
audit-later = Der danach
audit-back = Alle Einträge
audit-session = Sitzung
audit-request = Anfrage
audit-of-session = Alles aus dieser Sitzung
audit-screen = Was auf dem Bildschirm stand
audit-screen-request = Nichts wurde gewährt; was gefragt war, steht bei der Anfrage.
audit-screen-duration = Für
audit-screen-reason = Worte
audit-screen-everywhere = überall
audit-facts = Tatsachen
audit-proof = Platz in der Kette
audit-time = Zeit
audit-chain = Kette
audit-number = Nummer
audit-watermark = Letzter bekannter Widerruf
audit-call = Aufruf
audit-hash = Prüfsumme

outcome-done = getan
outcome-refused = abgelehnt
outcome-trouble = Störung

actor-agent = vom Agenten { $name }
actor-person = von { $name } ({ $via })
actor-host = vom Betreiber
actor-broker = vom Broker

kind-agent-cool-down-lifted = Pause eines Agenten aufgehoben
kind-agent-credentials = Zugang eines Agenten geändert
kind-agent-brought = Client mitgebracht
kind-client-registered = Client hat sich registriert
kind-client-changed = Client hat seine Registrierung geändert
kind-client-document-changed = Dokument eines Clients geändert
kind-client-removed = Client entfernt
kind-agent-saved = Agent gespeichert
kind-broker-started = Broker gestartet
kind-call-authorised = Aufruf erlaubt
kind-call-finished = Aufruf beendet
kind-call-not-sent = Aufruf nicht gesendet
kind-call-outcome-unknown = Ausgang eines Aufrufs unbekannt
kind-call-refused = Aufruf abgelehnt
kind-connection-removed = Ein Konto wurde entfernt
kind-connection-saved = Verbindung gespeichert
kind-database-accepted = Ältere Kopie angenommen
kind-database-suspended = Ältere Kopie bemerkt
kind-grant-ended = Sitzung beendet
kind-grant-redeemed = Sitzung vom Agenten begonnen
kind-link-issued = Anmeldelink erzeugt
kind-person-saved = Person gespeichert
kind-person-vouched = Jemand hat sich für eine Person verbürgt
kind-person-token-issued = Token für eine Person erzeugt
kind-record-dropped = Alte Einträge ausgelagert
kind-request-approved = Anfrage freigegeben
kind-request-denied = Anfrage abgelehnt
kind-request-lapsed = Anfrage verfallen
kind-request-opened = Anfrage gestellt
kind-request-withdrawn = Anfrage zurückgezogen
kind-revoked = Gestoppt
kind-service-saved = Dienst gespeichert
kind-service-tools = Werkzeuge eines MCP-Servers geändert
kind-service-tools-asked = MCP-Server nach seinen Werkzeugen gefragt
kind-session-ended = Abgemeldet
kind-session-started = Angemeldet
kind-token-minted = Aufruf-Token ausgestellt
kind-token-refused = Aufruf-Token verweigert
kind-unblocked = Wieder zugelassen
kind-vault-sealed = Tresor versiegelt
kind-vault-unsealed = Tresor entsiegelt

done-verified = Das Protokoll wurde geprüft: das Ergebnis steht unten.
