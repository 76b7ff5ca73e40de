//! The outside: one table of routes, one guard, one translation of faults.

mod access;
mod address;
mod admin;
mod agent;
mod assets;
mod audit;
mod client;
mod desk;
mod device;
mod docs;
mod effects;
mod error;
mod events;
mod form_post;
mod forms;
mod guard;
mod health;
mod input;
mod keep;
mod keep_people;
mod language;
mod me;
mod oauth;
mod origin;
mod pages;
mod people;
mod proxy;
mod router;
mod serve;
mod sign_in;
mod web_session;

pub use admin::{AdminListener, serve_admin};
pub use router::{Access, RouteInfo, router, table};
pub use serve::{serve, serve_on};
