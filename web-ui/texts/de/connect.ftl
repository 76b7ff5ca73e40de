# Wie ein Agent dazu kommt, diesen Broker zu benutzen.

connect-title = Agenten verbinden
connect-no-agent = <b>Es gibt keinen Agenten, der zu verbinden wäre.</b> Registrieren Sie zuerst einen; er bekommt einen Namen und ein Geheimnis oder einen Schlüssel.
# = en
connect-agent = Agent
connect-choose = Auswählen
connect-client = Auf welchem Weg
connect-command = Kommandozeile
connect-coding = Coding-Agent
connect-http = Reines HTTP
# = en
connect-rust = Rust
connect-coding-note = Für Claude Code, Cursor, Codex und andere, die einen Befehl ausführen können: der Befehl countersign und ein Text für die Datei, die der Agent zuerst liest. Für Werkzeuge von MCP-Servern siehe „MCP-Client“.
connect-step-environment = Sagen Sie, wo der Broker ist und wer der Agent ist. Das Geheimnis bleibt in einer eigenen Datei.
connect-step-look = Ansehen, worum gebeten werden kann.
connect-step-ask = Bitten. Ausgegeben werden ein Link und ein Code für den Menschen, der entscheidet.
connect-step-wait = Auf die Entscheidung warten und sie dann einlösen; das geht einmal.
connect-step-call = Über den Broker aufrufen, dann die Sitzung beenden.
connect-step-paste = Fügen Sie das in die Datei ein, die Ihr Agent zuerst liest (CLAUDE.md, AGENTS.md, .cursor/rules).
connect-step-token = Das Token zum Bitten.
connect-step-rust = Bitten, warten, einlösen mit dem Crate agent-client.
connect-waiting = Warten auf die erste Anfrage von { $agent }…
connect-came = <b>{ $agent } ist da:</b> gefragt hat er { $ago }. Warten auf seinen ersten Aufruf… Was er erbittet, wartet im <inbox>Eingang</inbox> auf eine Entscheidung.
connect-called = <b>{ $agent } ist verbunden:</b> sein letzter Aufruf war { $ago }.
connect-look-again = Noch einmal nachsehen
connect-more = Agenten lesen das alles selbst unter <code>/docs/agent</code>, und die API unter <code>/openapi.json</code>.

## MCP-Clients

connect-mcp = MCP-Client
connect-server = MCP-Server
connect-no-server = <b>Es ist kein MCP-Server verbunden.</b> Ein Admin fügt ihn unter „Dienste“ hinzu; dann steht seine Adresse hier.
connect-mcp-note = Für einen Client, der OAuth spricht, muss kein Agent registriert werden: Beim ersten Aufruf öffnet er einen Browser, ein Mensch meldet sich hier an und entscheidet, welche Werkzeuge er bekommt und wie lange. Er sieht nur diese, und jeder Aufruf steht im Protokoll.
connect-mcp-claude = Claude Code, mit seinem Befehl:
connect-mcp-json = Claude Code, in der Datei .mcp.json des Projekts:
connect-mcp-cursor = Cursor, in der Datei ~/.cursor/mcp.json:
connect-mcp-code = VS Code, in der Datei .vscode/mcp.json:
connect-mcp-all = Alle Server unter einer Adresse; der Mensch wählt aus, und die Namen der Werkzeuge beginnen mit dem ihres Servers:
connect-mcp-stdio = Clients ohne HTTP oder OAuth, mit dem Befehl countersign als registrierter Agent:

## Die API

# = en
docs-title = API
docs-where = Für Agenten gibt es eine <agent>Startseite</agent>. Das Ganze als OpenAPI 3.1: <document>openapi.json</document>.
docs-agents = Was Agenten tun
docs-calls = Aufrufe
docs-people = Was Menschen tun, mit Token
docs-others = Alles andere
docs-takes = Nimmt
docs-gives = Gibt
