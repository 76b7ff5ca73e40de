//! Whether arguments and results are as a tool's own schemas say (JSON Schema). References to other documents are never
//! followed: a schema that needs one checks nothing and is refused.

use crate::remembered::Remembered;
use jsonschema::{PatternOptions, ValidationError, Validator};
use protocol::Digest;
use serde_json::Value;
use std::sync::Arc;

/// Compiled schemas that are kept at once.
const MOST: usize = 500;
/// What is said of a fault at most.
const LONGEST: usize = 300;

/// The schemas of tools that were called lately, by the digest of the tool's definition.
#[derive(Debug)]
pub(crate) struct Schemas(Remembered<(Digest, Which), Arc<Result<Validator, String>>>);

impl Default for Schemas {
    fn default() -> Self {
        Self(Remembered::new(MOST))
    }
}

/// Which schema of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    /// Of its arguments.
    Input,
    /// Of what it returns.
    Output,
}

impl Schemas {
    /// Whether a value is as the schema says; if not, where it is not.
    pub fn check(&self, digest: &Digest, which: Which, schema: &Value, value: &Value) -> Result<(), String> {
        let key = (digest.clone(), which);
        let compiled = self.0.get(&key).unwrap_or_else(|| {
            let compiled = Arc::new(compile(schema));
            self.0.put(key, compiled.clone());
            compiled
        });
        match compiled.as_ref() {
            Ok(validator) => validator.validate(value).map_err(|error| words(&error)),
            Err(why) => Err(format!("the tool's own schema cannot be checked: {why}")),
        }
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    // Patterns are a stranger's: only an engine without backtracking is bounded.
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| words(&error))
}

fn words(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().to_string();
    let at = if at.is_empty() { "it" } else { &at };
    crate::grants::visible(&format!("{at}: {error}")).chars().take(LONGEST).collect()
}
