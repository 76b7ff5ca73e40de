# Der Eingang und die Seite einer Anfrage.

inbox-none = nichts wartet auf Sie
inbox-some =
    { $count ->
        [one] { $count } wartet auf Sie
       *[other] { $count } warten auf Sie
    }
inbox-waiting = Wartet
inbox-active = Läuft gerade
inbox-decided = In den letzten 24 Stunden entschieden
inbox-empty = <b>Nichts wartet auf Sie.</b> Hier fragen Agenten, bevor sie etwas tun dürfen. Lassen Sie zum Ausprobieren einen fragen: <code>countersign request --help</code>.
inbox-somebody-else = Wartet auf jemand anderen.
inbox-lapses = Verfällt { $time }

tier-low = geringes Risiko
tier-medium = mittleres Risiko
tier-high = hohes Risiko
tier-critical = kritisch

request-title = Anfrage
request-review = Prüfung
request-unread = Die Änderungen in diesem Link waren nicht lesbar; die Karte steht da, wie sie angeboten wird:
request-details = Einzelheiten
request-version = Fassung { $number }
# = en
request-agent = Agent
request-secret = Geheimnis Nummer { $number }
request-asked = Gefragt
request-digest = Prüfsumme der Anfrage
request-grant-digest = Prüfsumme der Freigabe
