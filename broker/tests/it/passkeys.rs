//! Passkeys, from the library's edge to the pages.

mod relying;
