# Einstellungen und Zustand des Brokers, für Admins.

settings-how = Nur zum Lesen: eingestellt wird dort, wo der Broker läuft, mit Schalter, Umgebungsvariable oder Datei, und es gilt ab seinem nächsten Start. Geheimnisse werden nie gezeigt. Dasselbe wie <code>countersign-broker config show --origin</code>.
settings-none = Dieser Broker läuft ohne Konfiguration.
settings-reach = Wie er erreicht wird
settings-storage = Wo er etwas aufbewahrt
settings-record = Das Protokoll
settings-upstream = Aufrufe von Diensten
settings-operating = Betrieb
settings-more = Weiteres
settings-unset = nicht gesetzt
settings-name = Einstellung
settings-value = Wert
settings-origin = Woher er kommt

# = en
system-version = Version
system-database = Datenbank
system-schema = Schema { $number }
system-started = Gestartet
system-vault = Tresor
system-sealed = versiegelt: keine Aufrufe möglich
system-open = offen
system-waiting = Wartet auf den Eintrag ins Protokoll
system-waiting-of = { $acts } Handlungen, { $revocations } Widerrufe
system-checks = Prüfungen
system-no-checks = Dieser Broker läuft ohne Konfiguration und kann sich deshalb nicht selbst untersuchen.
system-run = Prüfungen ausführen
system-run-hint = Sieht nach Datenbank, Schlüsseln, Uhr, Platte und dem Weg hierher, wie countersign-broker doctor. Ändert nichts.
system-found =
    { $count ->
        [0] Alles ist, wie es sein soll.
        [one] { $count } Sache sollte angesehen werden.
       *[other] { $count } Dinge sollten angesehen werden.
    }
system-ok = wie es sein soll
system-warning = ansehen
system-failure = geht nicht oder ist nicht sicher
system-keys = Schlüssel des Tresors
system-key = Schlüssel
system-key-for = Wofür
system-key-since = Seit
system-key-signs = signiert Token
system-key-wraps = verpackt Geheimnisse
