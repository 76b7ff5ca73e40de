# Die letzten Tage in Zahlen.

activity-how = Die letzten 14 Tage (UTC). Entscheidungen und Aufrufe zählen an dem Tag, an dem sie geschahen; Aufrufe der letzten Minute können noch fehlen.
activity-more = Es war mehr, als hier gezählt ist: die ältesten Tage sind nicht vollständig.
activity-calls = Aufrufe
activity-refused = Abgelehnte Aufrufe
activity-refused-note = In Rot, davon: abgelehnte Aufrufe.
activity-decisions = Entscheidungen
activity-denied = Ablehnungen
activity-denied-note = In Rot, davon: abgelehnte Anfragen.
activity-times = Zeit zum Entscheiden
activity-times-note = Die Hälfte der Entscheidungen war schneller.
activity-median = Hälfte schneller als
activity-agents = Nach Agent
activity-services = Nach Dienst (eine Entscheidung über mehrere zählt bei jedem)
activity-days = Nach Tag
activity-day = Tag
