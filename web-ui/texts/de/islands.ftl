# Glossar, für alle Dateien dieser Sprache. Wir siezen.
#
#   request  Anfrage            grant/session  Sitzung       call        Aufruf
#   agent    Agent              service        Dienst        action      Aktion
#   owner    Eigentümer         approver       Freigeber     approve     freigeben, Freigabe
#   deny     ablehnen           narrow         einschränken  stop/revoke stoppen / widerrufen
#   inbox    Eingang            record         Protokoll     audit       Protokoll (die Seite)
#   connection Konto(verbindung) vault         Tresor        sealed      versiegelt
#   purpose  Zweck              digest         Prüfsumme     broker      Broker
#   sign-in link Anmeldelink    role           Rolle         admin       Admin
#   passkey  Passkey            seal/unseal    versiegeln / entsiegeln
#   tool     Werkzeug           operator       Betreiber
#
# Satz, Namen von Aktionen, Gründe und Fehler sind englisch protokolliert und bleiben auf den Seiten englisch.

## Zeiten

month-jan = Jan.
month-feb = Feb.
month-mar = März
month-apr = Apr.
month-may = Mai
month-jun = Juni
month-jul = Juli
month-aug = Aug.
month-sep = Sept.
month-oct = Okt.
month-nov = Nov.
month-dec = Dez.
# = en
time-today = { $time } UTC
# = en
time-on-day = { $day }, { $time } UTC
time-day = { $day }. { $month }
time-month = { $month } { $year }
time-local = { $time } Ihrer Zeit
span-days =
    { $count ->
        [one] { $count } Tag
       *[other] { $count } Tage
    }
span-hours =
    { $count ->
        [one] { $count } Stunde
       *[other] { $count } Stunden
    }
span-minutes =
    { $count ->
        [one] { $count } Minute
       *[other] { $count } Minuten
    }
span-seconds =
    { $count ->
        [one] { $count } Sekunde
       *[other] { $count } Sekunden
    }

## Verbindung

live-on = Verbunden
live-reconnecting = Verbindet neu
# = en
live-off = Offline
live-new-request = Eine neue Anfrage. { $count } warten.

## Die Karte

card-what = Was Sie freigeben
card-your-agent = Ihr Agent
card-agent-of = Agent von { $owner }
card-since = seit { $month }
card-registered = Registriert { $time }, Geheimnis Nummer { $number }
card-to-decide = zum Entscheiden
card-to-decide-long = , dann verfällt sie und nichts wird gewährt
card-ends = Endet von selbst <b>{ $time }</b>
# = en
card-code = Code
card-code-where = auf seinem Bildschirm
card-screen = Vergleichen Sie: auf seinem Bildschirm muss stehen
card-code-ours = Unser Code, nicht auf seinem Bildschirm:
card-first-time = Fragt das in 14 Tagen <b>zum ersten Mal</b>
card-asked-before =
    { $count ->
        [one] In 14 Tagen <b>{ $count }-mal</b> gefragt, <b>{ $verdict }</b>
       *[other] In 14 Tagen <b>{ $count }-mal</b> gefragt, <b>{ $verdict }</b>
    }
card-all-approved = alles freigegeben
card-all-denied = alles abgelehnt
card-some-denied = { $approved } freigegeben, { $denied } abgelehnt
card-calls-on-average =
    { $count ->
        [one] , im Schnitt { $count } Aufruf
       *[other] , im Schnitt { $count } Aufrufe
    }
client-known = Wie gut dieser Client bekannt ist
client-document = <b>Bekannt durch { $host }</b>, { $seen }
client-registered = <b>Er hat sich selbst registriert:</b> sein Name ist ungeprüft, { $seen }
client-declared = <b>Hier registriert</b> von jemandem, der Agenten pflegt, { $seen }
client-seen-ago = zuerst gesehen vor { $time }
client-seen-today = zuerst gesehen heute
client-seen-on = zuerst gesehen am { $day }
client-calls-itself = Er nennt sich „{ $name }“
client-back = Sie werden zurückgeschickt an <b>{ $hosts }</b>.
client-anybody = Seine Antwort geht an ein Programm auf diesem Gerät, und jedes Programm hier kann sich für ihn ausgeben: fahren Sie nur fort, wenn Sie das selbst begonnen haben.
client-direct = Er verwendet sein Token selbst, bis die Sitzung endet.
client-like-agent = Sein Name sieht aus wie der Ihres Agenten { $name }, und er ist ein anderer.
client-like-client = Sein Name sieht aus wie der von { $name }, und er ist ein anderer.
client-like-service = Sein Name sieht aus wie der des Dienstes { $name }; er ist ein Client und nicht dieser Dienst.
client-like-product = Sein Name sieht aus wie der von { $name }, einem bekannten Produkt, und nichts zeigt, dass er das ist.
card-direct = Verwendet sein Token selbst, bis die Sitzung endet
card-agent-says = Der Agent sagt
card-agent-is-silent = Der Agent sagt nicht, wozu er das will.
card-invisible =
    { $count ->
        [one] { $count } unsichtbares Zeichen aus seinem Text entfernt
       *[other] { $count } unsichtbare Zeichen aus seinem Text entfernt
    }
card-origin = Wohin Aufrufe gehen
card-as = als <b>{ $account }</b>
card-only-if = Nur wenn { $condition }
card-granted = gewährt
card-not-granted = nicht gewährt
card-everywhere = <b>Überall</b>, wohin das Konto reicht
# = en
card-in = In
card-asked-no-limit = ohne Grenze gefragt
card-asked-for = gefragt: { $max }
card-no-limit = So viele Aufrufe, wie in die Zeit passen
card-at-most = Höchstens { $max } Aufrufe
card-at-most-before = Höchstens
card-at-most-after = Aufrufe
card-any-number = beliebig viele
card-account = Als
card-choose-account = Konto wählen…
card-how-long = Wie lange
card-time = endet { $time } oder wenn die Sitzung geschlossen wird. Gefragt: { $asked }.
card-word = Dem Agenten etwas dazu sagen
card-word-label = Ein Wort an den Agenten
card-changed = Die Anfrage hat sich geändert.
card-see-changes = Änderungen ansehen
card-deny = Ablehnen
card-deny-open = Ablehnen…
card-deny-back = Zurück
card-deny-why = Warum? Der Agent liest das.
card-deny-example = Frag nach einem Projekt, nicht nach allen
card-change = Ändern
card-review = Prüfen
card-expired = Verfallen. Nichts wurde gewährt. Der Agent kann neu fragen.
card-no-answer = Der Broker hat nicht gesagt, was das gewähren würde. Ändern Sie etwas, um neu zu fragen.
card-ignored = Nichts wird gewährt, bis Sie freigeben. Wenn Sie nichts tun, verfällt die Anfrage { $time }.
card-over = Diese Anfrage ist vorbei. Über sie kann nicht mehr entschieden werden.
card-stop = Jetzt stoppen
card-decided-by = { $time } von { $person }
card-ends-at = endet von selbst <b>{ $time }</b>
card-with-words = Mit den Worten „{ $reason }“
card-see-session = Zur Sitzung
card-not-yours = Sie können das sehen, aber nicht freigeben.
card-ready = Bereit zur Entscheidung.
card-armed = Enter gibt frei, was gezeigt ist.
card-minute-left = Noch eine Minute zum Entscheiden.
card-seconds-left = Noch 20 Sekunden zum Entscheiden.
card-lapsed = Verfallen. Nichts wurde gewährt.
card-with-passkey = mit Ihrem Passkey
card-proving = Ihr Passkey wird abgefragt …
card-passkey-script = Hierfür braucht es Ihren Passkey, den ein Browser nur mit JavaScript abfragt. Ablehnen geht ohne.
card-prove-no-answer = Der Broker hat nicht geantwortet. Nichts wurde gewährt; versuchen Sie es noch einmal.
card-prove-changed = Was gewährt würde, hat sich geändert. Sehen Sie es sich noch einmal an, bevor Sie freigeben.
card-prove-not-now = Ihr Passkey kann hierfür gerade nicht abgefragt werden. Nichts wurde gewährt.
card-prove-not-sent = Die Seite konnte es nicht absenden. Nichts wurde gewährt; laden Sie sie neu.
card-pause = Diesen Agenten auch pausieren: Er fragt nichts mehr, bis er wieder zugelassen wird, und seine Sitzungen enden.
card-quorum = Freigaben
card-quorum-takes = Braucht die Freigabe von { $people } Personen.
card-quorum-completes = Mit Ihrer Freigabe ist es vollständig.
card-quorum-then = Nach Ihrer Freigabe: { $missing }.
card-quorum-given = <b>{ $person }</b> hat genau das freigegeben, { $time }
card-quorum-otherwise = { $people } hat etwas anderes aus dieser Anfrage freigegeben. Wenn Sie stattdessen dies freigeben, beginnt es von vorn.
card-step-up = Neben einer laufenden Sitzung
card-step-up-has = Hat bereits
card-step-up-adds = Fragt zusätzlich nach
card-step-up-nothing = Fragt nach nichts, was er nicht bereits hat.
card-step-up-clock = Mit der Freigabe entsteht eine eigene Sitzung mit eigenem Ende. Was jetzt läuft, bleibt unverändert und endet { $time }.
card-earlier = Frühere Sitzungen
card-first-seen = Fragt zum ersten Mal nach
card-never-used = Wurde beim letzten Mal gewährt und nie gebraucht
card-earlier-sessions =
    { $count ->
        [one] { $count } früheren Sitzung
       *[other] { $count } früheren Sitzungen
    }
card-calls-all = Aufrufe
card-calls-newest = neuesten Aufrufe
card-covers-all = Deckt alle { $calls } { $which } aus { $of } ab.
card-covers = Deckt { $covered } der { $calls } { $which } aus { $of } ab; { $refused } würden abgelehnt:
card-lost-action = nicht gewährt
card-lost-resource = dort nicht gewährt
card-lost-condition = außerhalb einer Bedingung
card-lost-limit = über das Limit hinaus
card-lost-time = nach dem Ende
card-lost-more = { $number } weitere

## Wirkungen

effect-read = lesen
effect-write = schreiben
effect-send = senden
effect-spend = ausgeben
effect-delete = löschen
effect-admin = verwalten

## Passkeys

passkey-asking = Ihr Gerät fragt jetzt.
passkey-missing = Dieser Browser bietet hier keine Passkeys. Es ist nichts passiert. Benutzen Sie einen aktuellen Browser und die eigene Adresse dieser Website.
passkey-refused = Es ist nichts passiert: Die Frage Ihres Geräts blieb ohne Antwort oder dauerte zu lange. Sie können es noch einmal versuchen.
passkey-there = Es ist nichts passiert: Dieses Gerät hat schon einen Passkey von Ihnen für diese Website.
passkey-broken = Es ist nichts passiert: Die Antwort des Geräts war nicht lesbar. Laden Sie diese Seite neu.

## Kopieren

copy = Kopieren
copied = Kopiert
card-let-in-by = angemeldet über einen Link, den { $person } erzeugt hat

## Werkzeuge von MCP-Servern

card-tools-changed = Nicht mehr, was es war, als dieser Agent es zuletzt bekam
tool-said-operator = was es tut, sagt der Betreiber
tool-said-earlier = geändert, seit der Betreiber es ansah: Es gilt das Schlimmere von dem, was er und der Server sagen
tool-said-server = was es tut, sagt sein Server selbst
tool-said-nobody = niemand sagt, was es tut: Es gilt als löschend
tool-like = Sieht aus wie ein anderes Werkzeug dieses Servers:
tool-definition = Definition
tool-says = Sein Server sagt
tool-silent = Sein Server sagt nicht, wozu es da ist.
tool-what-changed = Was sich geändert hat
tool-changed = <b>Geändert, seit es diesem Agenten zuletzt gewährt wurde</b>, am { $time }. Damals war es
tool-forgotten = Die damalige Definition ist nicht mehr gespeichert; was sich geändert hat, lässt sich nicht zeigen.
tool-was = war
tool-is-now = ist jetzt
tool-not-there = nicht da
tool-more-parts =
    { $count ->
        [one] { $count } weiterer Teil ist anders.
       *[other] { $count } weitere Teile sind anders.
    }
