# The last days in numbers.

activity-how = The last 14 days (UTC). Everything is counted on the day on which its request was decided.
activity-more = There was more than is counted here: the oldest days are not whole.
activity-calls = Calls
activity-refused = Refused
activity-refused-note = The lower part: calls that were refused.
activity-decisions = Decisions
activity-denied = Denied
activity-denied-note = The lower part: requests that were denied.
activity-times = Time to decide
activity-times-note = Half of the day’s decisions were faster.
activity-median = Half faster than
activity-agents = By agent
activity-services = By service (a session of several is counted under each)
activity-days = By day
activity-day = Day
