# Was aus einem Formular wurde, oben auf der nächsten Seite.

done-stopped =
    Gestoppt: { $sessions ->
        [one] { $sessions } Sitzung
       *[other] { $sessions } Sitzungen
    }{ $narrowed ->
        [0] {""}
        [one] , { $narrowed } Sitzung eingeschränkt
       *[other] , { $narrowed } Sitzungen eingeschränkt
    }, { $requests ->
        [one] { $requests } offene Anfrage
       *[other] { $requests } offene Anfragen
    }, { $streams ->
        [one] { $streams } laufender Aufruf
       *[other] { $streams } laufende Aufrufe
    }, { $tokens ->
        [one] { $tokens } Aufruf-Token
       *[other] { $tokens } Aufruf-Token
    }. Nichts Älteres kommt mehr durch.{ $until ->
        [none] {""}
       *[other] {" "}Das letzte dieser Token wäre um { $until } UTC abgelaufen.
    }
done-language = Die Seiten sind jetzt auf Deutsch.
