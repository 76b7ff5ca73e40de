//! What whoever operates the broker looks at.

mod settings;
mod system;

pub(crate) use {settings::Settings, system::System};
