//! A line as it is asked: an RFC 9396 `authorization_details` object of type `service_access`.

use crate::ids::Slug;
use serde::{Deserialize, Serialize};

/// The one `type` of our `authorization_details` objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    /// Access to actions of one service.
    #[default]
    ServiceAccess,
}

/// One line of a request, as the agent writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AskedLine {
    /// Always `service_access`.
    #[serde(rename = "type", default)]
    pub kind: LineType,
    /// The service to act on.
    pub service: Slug,
    /// Names of the service's actions; at least one.
    pub actions: Vec<String>,
    /// The resources to act in, each named exactly. None means all of them, which is one tier higher.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What every call under this line must also meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// How much may be used.
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    /// Which connection (account) of the service; needed when there are several, unless the person shall choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Slug>,
}

/// What a call's arguments must meet. A named argument that a call does not carry never meets a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which argument: `path.NAME` (a name of the path template) or `query.NAME`; for a tool a JSON pointer into its
    /// arguments, as `/repository/name`.
    pub at: String,
    /// What it must be.
    pub test: Test,
}

/// A test of one argument. Texts are compared character by character: those of a path or a query after
/// percent-decoding, those of a tool as they stand, without any normalisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Exactly this text.
    Equals(String),
    /// One of these texts.
    OneOf(Vec<String>),
    /// Starts with this text.
    Prefix(String),
    /// A whole number, at most this.
    AtMost(i64),
    /// A whole number, at least this.
    AtLeast(i64),
    /// At most so many characters; for an argument of a tool that is a list, so many elements.
    MaxLength(u32),
    /// Of this form, as `docs/**`: `*` is any run of characters without `/`, `**` any run, `?` one character without `/`;
    /// everything else is itself.
    Glob(String),
    /// At least so many characters; for an argument of a tool that is a list, so many elements.
    MinLength(u32),
}

/// How much of a line may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// At most so many calls; none means as many as fit in the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u32>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        self.max_calls.is_none()
    }
}
