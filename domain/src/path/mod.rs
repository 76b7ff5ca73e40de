//! Paths and queries: parsed once, one canonical form that policy judges and the upstream receives.
//!
//! What two programs could read in two ways is refused, never repaired: dot segments, empty segments, backslashes,
//! path parameters, encoded separators, double encoding. What is left has exactly one spelling, so that a decoded
//! segment determines its canonical text and the other way round:
//!
//! - unreserved characters are literal, all other bytes are `%XX` in upper case;
//! - the sub-delimiters and `:` `@` are literal, except `+`, which some servers decode to a space and which is
//!   therefore always sent as `%2B`.
//!
//! Comparison is exact and case-sensitive. An upstream that ignores case is the service definition's concern.

mod canonical;
mod decode;
mod query;
mod refusal;
mod template;

pub(crate) use canonical::is_dots;
pub use canonical::{CanonicalPath, MAX_PATH_BYTES, MAX_SEGMENTS};
pub use query::{CanonicalQuery, MAX_QUERY_BYTES, MAX_QUERY_PAIRS};
pub use refusal::PathRefusal;
pub use template::{Specificity, Template, TemplateRefusal};
