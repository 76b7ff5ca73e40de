//! The request card: who asks for what, what is the worst of it, and the decision.
//!
//! One set of parts for three ways to stand: *edit* (ticks and choices; without JavaScript it leads to a review),
//! *review* (everything as it would be granted, with Approve), and *settled* (what became of it).

mod decide;
mod duration;
mod earlier;
mod line;
mod parts;
mod quorum;
mod settled;
mod state;
mod step_up;
mod top;

pub(crate) use {
    decide::Decide,
    duration::Duration,
    earlier::Earlier,
    line::Lines,
    quorum::Quorum,
    settled::Settled,
    state::{CardStart, CardState, Gate, Mode},
    step_up::StepUp,
    top::{Client, Facts, Says, Who, Why, Worst},
};

#[cfg(feature = "ssr")]
pub(crate) use top::whose;
