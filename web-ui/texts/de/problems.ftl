# Was nicht ging, nach dem festen Wort des Problems. Das Einzelne folgt auf Englisch, in den Worten der Regeln.

problem-invalid-request = Die Anfrage ist nicht so, wie sie sein muss
problem-unauthenticated = Nicht angemeldet
problem-forbidden = Nicht erlaubt
problem-not-found = Nicht gefunden
problem-no-such-route = Diese Adresse gibt es nicht
problem-changed = Es hat sich inzwischen geändert
problem-already-done = Schon geschehen
problem-expired = Zu spät
problem-not-granted = Nicht gewährt
problem-grant-ended = Die Sitzung ist vorbei
problem-limit-reached = Die Grenze ist ausgeschöpft
problem-token-used = Das Aufruftoken wurde schon benutzt
problem-too-many-pending = Zu viele offene Anfragen
problem-rate-limited = Zu oft
problem-cooling-down = Wartezeit nach Ablehnungen
problem-not-approvable = Das könnte niemand freigeben
problem-needs-stronger-proof = Das braucht einen stärkeren Nachweis
problem-too-fast = Zu schnell
problem-too-large = Zu groß
problem-timeout = Zu langsam
problem-ambiguous-call = Der Aufruf ist mehrdeutig
problem-upstream-failed = Der Dienst ist gescheitert
problem-sealed = Der Tresor ist versiegelt
problem-not-accepted = Die Datenbank ist nicht angenommen
problem-audit-unavailable = Das Protokoll kann nicht geschrieben werden
problem-outcome-unknown = Der Ausgang ist nicht bekannt
problem-busy = Zu viele Verbindungen
problem-internal = Der Broker ist gescheitert

problem-so-nothing = Es wurde nichts gewährt und nichts geändert. Im Einzelnen, auf Englisch:
problem-so-unknown = Vielleicht ist es geschehen: Sehen Sie nach, bevor Sie es wiederholen. Im Einzelnen, auf Englisch:
problem-so-particulars = Was nun gilt, steht hier auf Englisch:
