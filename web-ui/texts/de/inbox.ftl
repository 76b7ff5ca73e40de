# Der Eingang und die Seite einer Anfrage.

inbox-none = nichts wartet auf Sie
inbox-some =
    { $count ->
        [one] { $count } wartet auf Sie
       *[other] { $count } warten auf Sie
    }
inbox-routine = <b>Das sieht nach Routine aus:</b> Sie haben in einer Woche { $approved } von { $decisions } Anfragen freigegeben.
inbox-routine-median = Die Hälfte davon innerhalb von { $seconds } s.
inbox-routine-advice = Lesen Sie die nächsten, oder lassen Sie Agenten weniger und gleich für ganze Sitzungen anfragen, damit eine Entscheidung etwas bedeutet.
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
request-way-back = { $client } hat Sie hierher geschickt. Sobald entschieden ist, führt diese Seite Sie dorthin zurück, zu { $host }.
request-going-back = Sie kommen zurück zu { $client }, bei { $host }.
request-go-back = Jetzt zurück
request-details = Einzelheiten
request-version = Fassung { $number }
# = en
request-agent = Agent
request-secret = Geheimnis Nummer { $number }
request-asked = Gefragt
request-digest = Prüfsumme der Anfrage
request-grant-digest = Prüfsumme der Freigabe

nothing-title = Nichts zu entscheiden
nothing-why = { $client } will Zugriff und sagt nicht, worauf. Niemand hat etwas vorgemerkt, was solchen Programmen angeboten wird; es gibt also nichts zu entscheiden, und nichts wurde gewährt.
nothing-admin = Ein Admin kann lesende Aktionen im Formular des Dienstes so markieren: „Wird Clients angeboten, die keine Aktion nennen“.
nothing-services = Dienste
nothing-client = Oder das Programm nennt, was es braucht: Scopes wie tracker:issues.read, oder authorization_details.
nothing-back = Zurück zu { $client }, bei { $host }

refused-title = Nicht gefragt
refused-why = { $client } hat Sie mit einer Anfrage hierher geschickt, die so nicht angenommen werden kann. Niemand wurde gefragt, und nichts wurde gewährt.
refused-error = Was daran nicht stimmt, auf Englisch:
refused-stranger = Sie haben { $client } noch nie etwas anfragen lassen, und der Name ist nur, wie sich das Programm selbst nennt. Deshalb werden Sie nicht ohne ein Wort zurückgeschickt. Gehen Sie nur zurück, wenn Sie von { $host } kommen und es kennen.
