//! What comes of a change for those who decide, in words.

use crate::people::reach::{Loss, Matter};
use web_ui::Said;

/// That nobody, or only one person, is left who could decide about something.
pub(super) fn words(loss: &Loss) -> Said {
    let name = match &loss.matter {
        Matter::Account(_, name) | Matter::Agent(_, name) => name.clone(),
    };
    let said = match (&loss.matter, &loss.left) {
        (Matter::Account(..), None) => Said::new("effect-account-nobody"),
        (Matter::Account(..), Some(_)) => Said::new("effect-account-only"),
        (Matter::Agent(..), None) => Said::new("effect-agent-nobody"),
        (Matter::Agent(..), Some(_)) => Said::new("effect-agent-only"),
    };
    let said = said.with("name", name);
    match &loss.left {
        Some(person) => said.with("person", person.to_string()),
        None => said,
    }
}
