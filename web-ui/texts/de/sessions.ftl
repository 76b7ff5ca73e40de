# Sitzungen: die Listen, die Seite einer Sitzung, ihr Verlauf, und alles stoppen.

sessions-which = Welche Sitzungen
sessions-live = Laufende
sessions-ended = Beendete
sessions-none-ended = Noch keine Sitzung ist zu Ende.
sessions-empty = <b>Gerade kann kein Agent etwas tun.</b> Eine Sitzung beginnt, wenn Sie im <inbox>Eingang</inbox> eine Anfrage freigeben.

session-title = Sitzung
session-done = Was geschehen ist
session-zone = Zeiten in UTC
session-left = übrig
session-stop = Stoppen
session-ends = endet <b>{ $time }</b>
session-limit = <b>{ $used }</b> von { $max } Aufrufen von { $of }
session-calls =
    { $count ->
        [one] <b>{ $count }</b> Aufruf
       *[other] <b>{ $count }</b> Aufrufe
    }
session-calls-plain =
    { $count ->
        [one] { $count } Aufruf
       *[other] { $count } Aufrufe
    }
session-refused = <b>{ $count }</b> abgelehnt
session-refused-plain = { $count } abgelehnt
session-last-call = letzter Aufruf <b>{ $when }</b>
session-last-call-plain = letzter Aufruf { $when }
session-perhaps-more = vielleicht mehr: Einträge bis { $time } wurden ausgelagert
session-words = mit den Worten „{ $reason }“
session-used = angefragt <b>{ $asked }</b> · gewährt <b>{ $granted }</b> · gebraucht <b>{ $used }</b>
session-used-at-least = angefragt <b>{ $asked }</b> · gewährt <b>{ $granted }</b> · gebraucht mindestens <b>{ $used }</b>
session-never-used = nie gebraucht: { $what }
session-taken = entzogen
session-take = { $service } entziehen

state-waits = wartet
state-approved = freigegeben
state-active = läuft
state-denied = abgelehnt
state-withdrawn = zurückgezogen
state-lapsed = verfallen
state-stopped = gestoppt
state-used-up = aufgebraucht
state-never-used = nie benutzt
state-closed = geschlossen
state-ended = beendet

timeline-refused = Abgelehnt:
timeline-trouble = Störung:
timeline-newest = Dies sind die neuesten Einträge. Ältere dieser Sitzung stehen im Protokoll: wer diesen Broker betreibt, kann sie exportieren.
timeline-dropped = <b>Einträge bis { $time } wurden ausgelagert.</b> Was diese Sitzung bis dahin getan hat, steht nicht hier und ist vielleicht nicht mitgezählt. Wer diesen Broker betreibt, hat es vielleicht in einem Archiv.

stop-all-what = <b>Alles, was irgendein Agent tun darf, endet sofort.</b> Laufende Aufrufe werden abgebrochen, und wartende Anfragen können nicht mehr freigegeben werden. Das lässt sich nicht zurücknehmen: Agenten müssen neu fragen.
stop-all-do =
    { $count ->
        [one] { $count } laufende Sitzung stoppen
       *[other] { $count } laufende Sitzungen stoppen
    }
stop-all-list = Was gestoppt wird
