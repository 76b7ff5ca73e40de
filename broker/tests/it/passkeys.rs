//! Passkeys, from the library's edge to the pages.

mod enrolling;
mod keeping;
mod proving;
mod recovering;
mod relying;
mod sessions;
mod signing_in;
pub mod support;
mod trusting;
