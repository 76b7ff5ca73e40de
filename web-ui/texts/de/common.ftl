# Was um die Seiten herum steht.

nav-label = Hauptmenü
nav-inbox = Eingang
nav-sessions = Sitzungen
nav-services = Dienste
nav-agents = Agenten
nav-audit = Protokoll
nav-connect = Verbinden
nav-people = Menschen
nav-settings = Einstellungen
# = en
nav-system = System
nav-activity = Aktivität
nav-more = Mehr
nav-waiting = warten
skip = Zum Inhalt

## Obere Leiste

top-warning = Warnung
top-stop-all = Alles stoppen
top-via-link = Angemeldet über einen Link als <code>{ $person }</code>.
top-via-link-by = Angemeldet über einen Link, den <code>{ $by }</code> erzeugt hat, als <code>{ $person }</code>.
top-via-token = Angemeldet über ein Token als <code>{ $person }</code>.
top-via-other = Angemeldet über { $via } als <code>{ $person }</code>.
top-sign-out = Abmelden
language = Sprache
language-change = Ändern

## Zeiten

# = en
time-dated = { $day } { $year }, { $time } UTC
ago-now = gerade eben
ago-seconds = vor { $count } s
ago-minutes = vor { $count } min
ago-hours = vor { $count } h
ago-days =
    { $count ->
        [one] vor { $count } Tag
       *[other] vor { $count } Tagen
    }
# = en
in-seconds = in { $count } s
# = en
in-minutes = in { $count } min
# = en
in-hours = in { $count } h
in-days =
    { $count ->
        [one] in { $count } Tag
       *[other] in { $count } Tagen
    }

## Probleme

problem-title = Das hat nicht geklappt
problem-nothing = Durch das Öffnen dieser Seite wurde nichts gewährt oder geändert.
problem-again = Noch einmal versuchen
problem-log = Für das Log:
back = Zurück
to-inbox = Eingang
missing-title = Hier ist nichts
missing = <b>Unter dieser Adresse gibt es keine Seite,</b> oder sie ist nicht für Sie sichtbar. Nichts wurde gewährt oder geändert.

## Tasten

keys-title = Tasten
keys-help = diese Hilfe
keys-go = zum Eingang, zu den Sitzungen, zum Protokoll
keys-next = nächster Eintrag der Liste
keys-previous = voriger Eintrag
keys-open = öffnen
keys-approve = freigeben wie gezeigt: scharf für 3 Sekunden, Enter gibt frei
keys-deny = ablehnen: springt zur Begründung
keys-narrow = einschränken: springt zum ersten Häkchen
keys-stop = Sitzung stoppen: springt zum Knopf
keys-back = zurück; entscheidet nie
keys-on = Einzelne Tasten sind an
keys-close = Schließen
keys-choose-note = Je ein Buchstabe. In Feldern und Dialogen sind sie immer aus.
keys-same = Zwei Befehle können nicht dieselbe Taste haben.
keys-reset = Wie am Anfang
