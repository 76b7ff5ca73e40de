//! The parts of pages. Those of the card are shown by its island too, so they build for both halves.

pub(crate) mod card;
#[cfg(feature = "ssr")]
pub(crate) mod chart;
mod client;
mod face;
mod icon;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub(crate) mod key_table;
mod spans;
mod tag;
pub(crate) mod tool;

#[cfg(feature = "ssr")]
mod fields;
pub(crate) mod kind;
#[cfg(feature = "ssr")]
mod language_choice;
#[cfg(feature = "ssr")]
mod layout;
#[cfg(feature = "ssr")]
pub(crate) mod me;
#[cfg(feature = "ssr")]
mod message;
#[cfg(feature = "ssr")]
mod nav;
#[cfg(feature = "ssr")]
mod palette;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
mod passkey_form;
#[cfg(feature = "ssr")]
mod problem;
#[cfg(feature = "ssr")]
mod session_head;
#[cfg(feature = "ssr")]
mod session_row;
#[cfg(feature = "ssr")]
mod timeline;
#[cfg(feature = "ssr")]
mod top;
#[cfg(feature = "ssr")]
mod waiting_row;
#[cfg(feature = "ssr")]
mod when;

pub(crate) use {client::KnownClient, face::face, icon::Icon, spans::Spans, tag::Tag};

#[cfg(feature = "ssr")]
pub(crate) use {
    fields::{Field, hidden, wrong, wrong_as_a_whole},
    icon::Sprite,
    key_table::KeyHelp,
    language_choice::LanguageChoice,
    layout::{Layout, SharedInbox},
    message::{LogId, Message},
    nav::places,
    palette::{Palette, SearchField},
    parts::{FormToken, Heading},
    passkey_form::PasskeyForm,
    problem::{ProblemView, problem_words},
    session_head::SessionHead,
    session_row::SessionRow,
    timeline::{LeftOut, Timeline},
    waiting_row::WaitingRow,
    when::When,
};

#[cfg(feature = "ssr")]
pub use problem::problem_title;
