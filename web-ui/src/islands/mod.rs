//! What becomes WebAssembly. An island shows; how it comes to life stands in `browser`.

mod card;
mod copy;
mod keys;
mod live;
mod passkey;
mod ticker;

#[cfg(feature = "ssr")]
pub(crate) use {card::RequestCard, copy::Copy, keys::Keys, live::Live, passkey::Passkey, ticker::Ticker};

#[cfg(feature = "hydrate")]
pub(crate) use live::Connection;
