//! Why a path or a query was refused.

use thiserror::Error;

/// Why a path or a query was refused. The message never repeats the refused text: it may end up on a page or in a log.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PathRefusal {
    /// The path does not start with `/`.
    #[error("the path must start with a slash")]
    NotAbsolute,
    /// The path, or its canonical form, is longer than [`super::MAX_PATH_BYTES`].
    #[error("the path is longer than {} bytes", super::MAX_PATH_BYTES)]
    TooLong,
    /// The path has more than [`super::MAX_SEGMENTS`] segments.
    #[error("the path has more than {} segments", super::MAX_SEGMENTS)]
    TooManySegments,
    /// Two slashes in a row.
    #[error("the path has an empty segment (two slashes in a row)")]
    EmptySegment,
    /// `.`, `..`, or a segment that some servers shorten to one of them.
    #[error("the path has a segment of dots")]
    DotSegment,
    /// A backslash, which some servers read as a slash.
    #[error("the path contains a backslash")]
    Backslash,
    /// A semicolon, plain or encoded: some servers cut path parameters off before they route.
    #[error("the path contains a semicolon")]
    Semicolon,
    /// A control character, plain or encoded.
    #[error("the text contains a control character")]
    Control,
    /// `%2F` or `%5C`.
    #[error("the path contains an encoded slash or backslash")]
    EncodedSeparator,
    /// `%2E`.
    #[error("the path contains an encoded dot")]
    EncodedDot,
    /// `%25`: decoding twice would give another path.
    #[error("the path contains an encoded percent sign (double encoding)")]
    EncodedPercent,
    /// `%` without two hexadecimal digits after it.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    BadEscape,
    /// The decoded bytes are not UTF-8.
    #[error("the decoded text is not UTF-8")]
    NotUtf8,
    /// A character that has to be percent-encoded here.
    #[error("the text contains a character that must be percent-encoded")]
    InvalidCharacter,
    /// A character that compatibility normalisation turns into a separator, such as a full-width slash.
    #[error("the path contains a character that some servers read as a separator")]
    Lookalike,
    /// The query, or its canonical form, is longer than [`super::MAX_QUERY_BYTES`].
    #[error("the query is longer than {} bytes", super::MAX_QUERY_BYTES)]
    QueryTooLong,
    /// The query has more than [`super::MAX_QUERY_PAIRS`] parameters.
    #[error("the query has more than {} parameters", super::MAX_QUERY_PAIRS)]
    QueryTooManyPairs,
    /// A query parameter without a name.
    #[error("a query parameter has no name")]
    QueryEmptyName,
}

impl PathRefusal {
    /// A stable code for problems and records.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAbsolute => "path_not_absolute",
            Self::TooLong => "path_too_long",
            Self::TooManySegments => "path_too_many_segments",
            Self::EmptySegment => "path_empty_segment",
            Self::DotSegment => "path_dot_segment",
            Self::Backslash => "path_backslash",
            Self::Semicolon => "path_semicolon",
            Self::Control => "path_control_character",
            Self::EncodedSeparator => "path_encoded_separator",
            Self::EncodedDot => "path_encoded_dot",
            Self::EncodedPercent => "path_double_encoding",
            Self::BadEscape => "path_bad_escape",
            Self::NotUtf8 => "path_not_utf8",
            Self::InvalidCharacter => "path_invalid_character",
            Self::Lookalike => "path_lookalike",
            Self::QueryTooLong => "query_too_long",
            Self::QueryTooManyPairs => "query_too_many_parameters",
            Self::QueryEmptyName => "query_empty_name",
        }
    }
}
