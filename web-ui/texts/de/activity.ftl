# Die letzten Tage in Zahlen.

activity-how = Die letzten 14 Tage (UTC). Gezählt wird alles an dem Tag, an dem über die Anfrage entschieden wurde.
activity-more = Es war mehr, als hier gezählt ist: die ältesten Tage sind nicht vollständig.
activity-calls = Aufrufe
activity-refused = Abgelehnte Aufrufe
activity-refused-note = Der untere Teil: abgelehnte Aufrufe.
activity-decisions = Entscheidungen
activity-denied = Ablehnungen
activity-denied-note = Der untere Teil: abgelehnte Anfragen.
activity-times = Zeit zum Entscheiden
activity-times-note = Die Hälfte der Entscheidungen des Tages war schneller.
activity-median = Hälfte schneller als
activity-agents = Nach Agent
activity-services = Nach Dienst (eine Sitzung mit mehreren zählt bei jedem)
activity-days = Nach Tag
activity-day = Tag
