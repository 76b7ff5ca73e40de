use crate::{
    components::problem_words,
    texts::{Value, foreign, words},
};
use leptos::prelude::*;
use protocol::Code;

/// What stands at the top of a page after a form was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageNotice {
    /// How it went.
    pub kind: NoticeKind,
    /// What is now true, and whether anything was granted.
    pub said: Said,
    /// The id of the exchange in the broker's log, for a problem.
    pub request_id: Option<String>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// It is done.
    Done,
    /// It is not.
    Problem,
}

/// What is said, in the language of whoever will read it.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// A message of `texts/` with its arguments.
    Message {
        /// Its key.
        key: &'static str,
        /// Its arguments, by name.
        args: Vec<(&'static str, Value)>,
    },
    /// A problem: its name and what follows in the viewer's language, the particulars in English.
    Problem {
        /// Its stable word.
        code: Code,
        /// What happened, whether anything was granted, and what to do.
        detail: String,
    },
    /// Words that exist in English only, as those of the rules.
    English(String),
}

/// Without the arguments: one may be a link that signs somebody in, and what is printed ends up in logs.
impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Message { key, .. } => f.debug_tuple("Message").field(key).finish(),
            Self::Problem { code, detail } => f.debug_tuple("Problem").field(code).field(detail).finish(),
            Self::English(words) => f.debug_tuple("English").field(words).finish(),
        }
    }
}

impl Said {
    /// The message with this key, which stands in `texts/`.
    pub const fn new(key: &'static str) -> Self {
        Self::Message { key, args: Vec::new() }
    }

    /// Gives the message an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if let Self::Message { args, .. } = &mut self {
            args.push((name, value.into()));
        }
        self
    }

    /// The words as a part of the page, marked where they are in another language than it.
    pub(crate) fn view(self) -> AnyView {
        match self {
            Self::Message { key, args } => view! { <bdi>{words(key, &args)}</bdi> }.into_any(),
            Self::Problem { code, detail } => problem_words(code, detail),
            Self::English(text) => view! { <bdi lang=foreign()>{text}</bdi> }.into_any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn what_is_printed_has_no_arguments() {
        let said = Said::new("done-person-link").with("link", "http://localhost/sign-in/link?t=secret");
        assert_eq!(format!("{said:?}"), r#"Message("done-person-link")"#);
    }
}
