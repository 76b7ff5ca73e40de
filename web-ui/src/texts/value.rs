use leptos::prelude::*;

/// An argument of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number, which also chooses between singular and plural.
    Number(i64),
    /// A name or other words, taken as they are.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// An argument of a text that becomes a part of the page.
pub(crate) enum Slot {
    /// As in [`Value`].
    Number(i64),
    /// What stands in its place.
    View(AnyView),
    /// Where the words between `<name>` and `</name>` lead.
    Link(String),
}

impl Slot {
    /// A link around words of the text itself.
    #[cfg_attr(
        not(feature = "ssr"),
        expect(dead_code, reason = "only whole pages have links in their texts")
    )]
    pub(crate) fn link(href: impl Into<String>) -> Self {
        Self::Link(href.into())
    }
}

/// Names come from people and agents: they are only ever text, and isolated.
impl From<String> for Slot {
    fn from(text: String) -> Self {
        Self::View(view! { <bdi>{text}</bdi> }.into_any())
    }
}

impl From<&str> for Slot {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<AnyView> for Slot {
    fn from(view: AnyView) -> Self {
        Self::View(view)
    }
}

/// Numbers of all sizes; none of ours is near the end.
macro_rules! numbers {
    ($($small:ty),*; $($large:ty),*) => {
        $(impl From<$small> for Value { fn from(n: $small) -> Self { Self::Number(n.into()) } }
          impl From<$small> for Slot { fn from(n: $small) -> Self { Self::Number(n.into()) } })*
        $(impl From<$large> for Value {
              fn from(n: $large) -> Self { Self::Number(i64::try_from(n).unwrap_or(i64::MAX)) }
          }
          impl From<$large> for Slot {
              fn from(n: $large) -> Self { Self::Number(i64::try_from(n).unwrap_or(i64::MAX)) }
          })*
    };
}
numbers!(i64, i32, u16, u32; u64, usize);
