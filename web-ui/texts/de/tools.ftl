# Werkzeuge von MCP-Servern, für alle, die sie pflegen.

# = en
tools-transport = MCP
tools-over-http = Streamable HTTP unter <code>{ $path }</code>
tools-over-stdio = Das Programm <code>{ $program }</code>, das eine Datei auf dem Rechner des Brokers beschreibt
tools-address = Für MCP-Clients
tools-connect = So wird einer verbunden
tools-title = Werkzeuge
tools-are = Was sein Server jetzt anbietet. Was ein Werkzeug tut, sagt zuerst der Betreiber, dann sein Server; was niemand sagt, gilt als das Schlimmste.
tools-none = Es ist kein Werkzeug bekannt. Sie werden gelesen, wenn ein Konto verbunden wird.
tools-left-out =
    { $count ->
        [one] { $count } Werkzeug ist ausgelassen: Sein Name oder seine Definition ließe sich nicht gewähren, oder der Name steht zweimal da.
       *[other] { $count } Werkzeuge sind ausgelassen: Ihre Namen oder Definitionen ließen sich nicht gewähren, oder ein Name steht zweimal da.
    }
tools-not-read = Seine Werkzeuge konnten zuletzt nicht gelesen werden; dies sind die von vorher.
tools-gone = Nicht mehr angeboten:
tools-read = Werkzeuge lesen
tools-sentence = Im Satz
tools-titled = Es nennt sich
tools-default = wird Clients angeboten, die keines nennen
tools-first-seen = zuerst gesehen
tools-changed = geändert
tools-used =
    In den letzten 30 Tagen: { $granted ->
        [one] in { $granted } Sitzung gewährt
       *[other] in { $granted } Sitzungen gewährt
    }, { $calls ->
        [one] { $calls } Aufruf
       *[other] { $calls } Aufrufe
    }, { $refused } abgelehnt.

## Regeln, die Antworten säubern

rule-title = Was mit seinen Antworten geschieht
rule-are = Was ein Server antwortet, sind Daten für ein Modell, und niemand bürgt dafür. Jede Regel nimmt etwas heraus oder macht es sichtbar; was geändert wurde, steht in der Antwort und im Protokoll. Geheimnisse werden immer herausgenommen.
rule-on = an
rule-off = aus
rule-change = Regeln umschalten…
rule-invisible = Unsichtbare Zeichen
rule-invisible-does = Nimmt Zeichen heraus, die niemand sieht oder die umkehren, was man sieht.
rule-control = Steuerzeichen
rule-control-does = Nimmt Steuerzeichen und Folgen heraus, die einem Terminal befehlen.
rule-markup = Auszeichnung
rule-markup-does = Nimmt Auszeichnung heraus oder macht sie sichtbar, die einen Client etwas laden oder ausführen lässt oder Text verbirgt.
rule-size = Größe
rule-size-does = Kürzt, was zu lang ist.

## Ein Werkzeug

tool-back = Alle Werkzeuge dieses Servers
tool-is-gone = Sein Server bietet es nicht mehr an: Niemand kann es aufrufen, und niemandem kann es gewährt werden.
tool-description = Beschreibung
tool-name = Name bei seinem Server
# = en
tool-digest = Definition, SHA-256
tool-seen-first = Zuerst gesehen
tool-changed-last = Zuletzt geändert
tool-history = Seine Definitionen
tool-asks = Jeder Aufruf ist einzeln freizugeben. Danach lässt sich noch nicht fragen, also lässt sich das Werkzeug nicht gewähren.
tool-now = jetzt angeboten
tool-seen = zuerst gesehen { $time }
tool-oldest = Die älteste, die gespeichert ist.
tool-as-written = Die neueste, wie sein Server sie schrieb

## Das Wort des Betreibers

word-title = Ihr Wort dazu
word-is = Es gilt vor dem, was sein Server sagt, und für diese Definition: Ändert der Server das Werkzeug, kann Ihr Wort es noch schlimmer machen, als der Server sagt, aber nicht mehr besser.
word-unsaid = wie sein Server sagt
word-reversible = Lässt es sich zurücknehmen?
word-undone = lässt sich zurücknehmen
word-not-undone = lässt sich nicht zurücknehmen
word-verb-hint = Wie in „comment on“; sonst „use“.
word-object-hint = Wie in „issues“; sonst der Name des Werkzeugs.
word-ask = Ein Mensch gibt jeden Aufruf frei
word-ask-hint = Was auch immer aus dem Werkzeug wird. Danach lässt sich noch nicht fragen: bis dahin kann niemand dieses Werkzeug gewähren, und die Karte sagt es.
word-default-hint = Nur solange es liest. Ein Client, der um diesen Dienst bittet, ohne zu sagen wofür, bekommt es angeboten; ein Mensch gibt es trotzdem frei.
word-error-moved = Der Server hat dieses Werkzeug geändert, während Sie es ansahen. Nichts wurde gespeichert. Sehen Sie an, was es jetzt ist, und sagen Sie dazu Ihr Wort.

## Was daraus wurde

done-tools-read =
    Seine Werkzeuge wurden gelesen: { $added } neu, { $changed } geändert, { $gone } weg.{ $left ->
        [0] {""}
        [one] {" "}{ $left } ist ausgelassen: Es ließe sich nicht gewähren.
       *[other] {" "}{ $left } sind ausgelassen: Sie ließen sich nicht gewähren.
    }
done-tools-failed = Seine Werkzeuge konnten nicht gelesen werden, und die von vorher bleiben: { $why }.
done-server-connected =
    Verbunden als { $account }. Seine Werkzeuge wurden gelesen: { $added } neu, { $changed } geändert, { $gone } weg.{ $left ->
        [0] {""}
        [one] {" "}{ $left } ist ausgelassen: Es ließe sich nicht gewähren.
       *[other] {" "}{ $left } sind ausgelassen: Sie ließen sich nicht gewähren.
    }
done-server-silent = Verbunden als { $account }. Seine Werkzeuge konnten noch nicht gelesen werden: { $why }.

## Das Formular eines MCP-Servers

tools-kind = Art des Dienstes
tools-kind-http = Eine HTTP-API
tools-kind-mcp = Ein MCP-Server
tools-path = Pfad seines Endpunkts
tools-path-hint = Unter dem Ursprung, wie /mcp. Was er anbietet, wird gelesen, sobald ein Konto verbunden ist.
tools-auth-none = Keiner: Er verlangt keinen Zugang
tools-program-hint = Was dort läuft, steht allein in dieser Datei und lässt sich hier nicht ändern.
tools-connected = Verbunden { $ago }; er verlangt kein Geheimnis
tools-no-secret = Dieser Server verlangt keinen Zugang; es ist kein Geheimnis einzugeben.
