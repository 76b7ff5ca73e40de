# Settings and state of the broker, for admins.

settings-how = To read only: they are set where the broker runs, by flag, environment variable or file, and hold from its next start. Secrets are never shown. The same as <code>countersign-broker config show --origin</code>.
settings-none = This broker was put together without a configuration.
settings-reach = How it is reached
settings-storage = Where it keeps things
settings-record = The record
settings-upstream = Calls to services
settings-operating = Operating
settings-more = More
settings-unset = not set
settings-name = Setting
settings-value = Value
settings-origin = Where it comes from

system-version = Version
system-database = Database
system-schema = schema { $number }
system-started = Started
system-vault = Vault
system-sealed = sealed: no calls are possible
system-open = open
system-waiting = Waiting to be recorded
system-waiting-of = { $acts } acts, { $revocations } revocations
system-checks = Checks
system-no-checks = This broker was put together without a configuration, so it cannot examine itself.
system-run = Run checks
system-run-hint = Looks at the database, the keys, the clock, the disk and the way here, as countersign-broker doctor does. Changes nothing.
system-found =
    { $count ->
        [0] Everything is as it should be.
        [one] { $count } thing should be looked at.
       *[other] { $count } things should be looked at.
    }
system-ok = as it should be
system-warning = look at it
system-failure = does not work or is not safe
system-keys = Keys of the vault
system-key = Key
system-key-for = For
system-key-since = Since
system-key-signs = signs tokens
system-key-wraps = wraps secrets
