//! The parts of a person's own page.

mod codes;
mod passkeys;
mod rights;
mod sessions;

pub(crate) use {codes::Codes, passkeys::Passkeys, rights::Rights, sessions::WebSessions};
