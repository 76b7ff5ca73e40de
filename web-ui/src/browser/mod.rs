//! How islands come to life in the browser: timers, keys, previews, the event stream. Nothing here decides anything:
//! what it changes on the page is only what the server said, and a decision is the page's own form.

pub(crate) mod card;
pub(crate) mod copy;
mod countdown;
mod dom;
pub(crate) mod keys;
pub(crate) mod live;
mod palette;
pub(crate) mod passkey;
mod preview;
pub(crate) mod prove;
mod refresh;
mod stream;
pub(crate) mod ticker;
