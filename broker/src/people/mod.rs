//! People: sign-in, web sessions, who may decide.

pub mod keep;
pub mod notices;
pub mod passkeys;
pub mod permission;
pub mod reach;
pub mod seen;
pub mod sessions;
