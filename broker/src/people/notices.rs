//! What came of a form, kept until the page that follows it is shown. Only words: losing one loses nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use web_ui::Said;

/// Sessions that may have a notice waiting at once.
const MOST: usize = 10_000;

/// The notices that wait, by web session.
#[derive(Debug, Default)]
pub struct Notices(Mutex<HashMap<String, Said>>);

impl Notices {
    /// Keeps a notice for the next page of a session.
    pub fn leave(&self, session: &str, said: Said) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            waiting.clear();
        }
        waiting.insert(session.to_owned(), said);
    }

    /// Takes the notice of a session.
    pub fn take(&self, session: &str) -> Option<Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session)
    }
}
