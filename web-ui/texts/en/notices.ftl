# What came of a form, said at the top of the next page.

done-stopped =
    Stopped: { $sessions ->
        [one] { $sessions } session
       *[other] { $sessions } sessions
    }{ $narrowed ->
        [0] {""}
        [one] , { $narrowed } session narrowed
       *[other] , { $narrowed } sessions narrowed
    }, { $requests ->
        [one] { $requests } open request
       *[other] { $requests } open requests
    }, { $streams ->
        [one] { $streams } open stream
       *[other] { $streams } open streams
    }, { $tokens ->
        [one] { $tokens } call token
       *[other] { $tokens } call tokens
    }. Nothing older than this passes any more.{ $until ->
        [none] {""}
       *[other] {" "}The last of those tokens would have expired at { $until } UTC.
    }
done-language = The pages are in English now.
