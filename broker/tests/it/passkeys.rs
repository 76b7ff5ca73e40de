//! Passkeys, from the library's edge to the pages.

mod enrolling;
mod proving;
mod recovering;
mod relying;
mod sessions;
mod signing_in;
mod support;
mod trusting;
