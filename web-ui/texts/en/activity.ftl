# The last days in numbers.

activity-how = The last 14 days (UTC). Decisions and calls count on the day on which they were made; calls of the last minute may still be missing.
activity-more = There was more than is counted here: the oldest days are not whole.
activity-calls = Calls
activity-refused = Refused
activity-refused-note = In red, of these: calls that were refused.
activity-decisions = Decisions
activity-denied = Denied
activity-denied-note = In red, of these: requests that were denied.
activity-times = Time to decide
activity-times-note = Half of the decisions were faster.
activity-median = Half faster than
activity-agents = By agent
activity-services = By service (a decision about several is counted under each)
activity-days = By day
activity-day = Day
