//! The one strict reading of a JSON text.
//!
//! Two readers of one text can see different things in it: of two equal keys one takes the first and another the last,
//! one rounds a number that another keeps, one cuts a text at NUL. What policy judged would then not be what the server
//! does. [`read`] therefore refuses every text that readers are known to read differently, instead of choosing one
//! reading. A text that it accepts can be forwarded as it stands.
//!
//! Refused are: what is not UTF-8 or begins with a byte order mark; two equal keys in one object, after their escapes are
//! read, at any depth; nesting deeper than [`MAX_DEPTH`]; escapes of half a surrogate pair; NUL in a text or a key; keys
//! that libraries give a meaning of their own; anything behind the value; and of the numbers: a minus zero, a whole
//! number beyond ±(2^53-1), and whatever a double does not hold exactly, which is when the shortest text of that double
//! is another decimal number.

use super::visible;
use crate::digest::is_safe;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How deep arrays and objects may stand in one another. Half of what `serde_json` can be given without danger.
pub const MAX_DEPTH: usize = 64;

/// How much of a place is named.
const MAX_PLACE_CHARS: usize = 200;

/// What `serde_json` and its kin read as something else than an object with this key.
const RESERVED: &str = "$serde_json::private::";

/// Why a text is refused: not for what it says, but because others may read something else in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JSON is refused at {}: {why}", place(.at))]
pub struct NotPlain {
    /// Where, as a JSON pointer; empty for the whole.
    pub at: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

fn place(at: &str) -> &str {
    if at.is_empty() { "the top" } else { at }
}

/// Reads a JSON text, if all readers read the same in it.
pub fn read(text: &[u8]) -> Result<Value, NotPlain> {
    let whole = |why: &str| NotPlain { at: String::new(), why: why.to_owned() };
    let text = std::str::from_utf8(text).map_err(|_| whole("it is not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        return Err(whole("it begins with a byte order mark: leave it out"));
    }
    let mut reading = Reading { at: Vec::new(), numbers: Numbers { rest: text }, refusal: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Any(&mut reading).deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    value.map_err(|error| {
        let why = reading.refusal.take().unwrap_or_else(|| format!("it is no JSON: {error}"));
        NotPlain { at: reading.place(), why }
    })
}

/// What is known while the text is read.
struct Reading<'a> {
    at: Vec<Step>,
    numbers: Numbers<'a>,
    refusal: Option<String>,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Reading<'_> {
    /// Stops the reading here.
    fn refuse<E: Error>(&mut self, why: impl Into<String>) -> E {
        self.refusal = Some(why.into());
        E::custom("refused")
    }

    fn place(&self) -> String {
        let mut at = String::new();
        for step in &self.at {
            at.push('/');
            match step {
                Step::Key(key) => at.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => at.push_str(&index.to_string()),
            }
        }
        visible(&at, MAX_PLACE_CHARS)
    }

    fn text<E: Error>(&mut self, text: &str) -> Result<String, E> {
        if text.contains('\0') {
            return Err(self.refuse("a text holds NUL (\\u0000), where some programs cut it: leave it out"));
        }
        Ok(text.to_owned())
    }

    fn key<E: Error>(&mut self, key: &str) -> Result<String, E> {
        if key.starts_with(RESERVED) {
            return Err(self.refuse("a key is one that JSON libraries give another meaning: rename it"));
        }
        self.text(key)
    }

    fn number<E: Error>(&mut self) -> Result<Value, E> {
        let text = self.numbers.next().unwrap_or_default();
        number(text).map(Value::Number).map_err(|why| self.refuse(why))
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.at.len() >= MAX_DEPTH {
            return Err(self.refuse(format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }
}

/// Any value.
struct Any<'r, 'a>(&'r mut Reading<'a>);

impl<'de> DeserializeSeed<'de> for Any<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Bool(it))
    }

    // Which number it is, its text says: what the deserializer made of it may be rounded already.
    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        self.0.number()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        self.0.number()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        self.0.number()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.0.text(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut values = Vec::new();
        // Where it fails, the place stays as it is, and is told.
        self.0.at.push(Step::Index(0));
        while let Some(value) = items.next_element_seed(Any(self.0))? {
            values.push(value);
            self.0.at.pop();
            self.0.at.push(Step::Index(values.len()));
        }
        self.0.at.pop();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(Key(self.0))? {
            self.0.at.push(Step::Key(key.clone()));
            if map.contains_key(&key) {
                return Err(self.0.refuse("this key stands there twice: once is enough"));
            }
            map.insert(key, entries.next_value_seed(Any(self.0))?);
            self.0.at.pop();
        }
        Ok(Value::Object(map))
    }
}

/// The key of an object.
struct Key<'r, 'a>(&'r mut Reading<'a>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        self.0.key(key)
    }
}

/// The texts of the numbers, in the order in which they stand there. It goes through the text beside the deserializer,
/// which only ever asks for a number that it has read: so the text up to there is JSON.
struct Numbers<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Numbers<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let mut bytes = self.rest.bytes().enumerate();
        let start = loop {
            match bytes.next()? {
                (_, b'"') => loop {
                    match bytes.next()?.1 {
                        b'"' => break,
                        // What is escaped ends nothing.
                        b'\\' => {
                            bytes.next()?;
                        }
                        _ => {}
                    }
                },
                (at, b'-' | b'0'..=b'9') => break at,
                _ => {}
            }
        };
        let text = &self.rest[start..];
        let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let (number, rest) = text.split_at(text.find(|c| !part(c)).unwrap_or(text.len()));
        self.rest = rest;
        Some(number)
    }
}

/// The number of a text that is a JSON number.
fn number(text: &str) -> Result<Number, &'static str> {
    const BEYOND: &str =
        "a whole number is beyond ±9007199254740991, where readers round it: send it as a text";
    const ROUNDED: &str =
        "a number has more digits than all readers keep: write the shortest form, or a text";
    let decimal = Decimal::parse(text).ok_or(ROUNDED)?;
    if decimal.digits.is_empty() && text.starts_with('-') {
        return Err("a number is a minus zero, which readers do not tell apart from zero: write 0");
    }
    if !text.contains(['.', 'e', 'E']) {
        let whole: i64 = text.parse().map_err(|_| BEYOND)?;
        return if is_safe(whole) { Ok(whole.into()) } else { Err(BEYOND) };
    }
    // The standard library's reading is exact: the double that is nearest to the text.
    let double: f64 = text.parse().map_err(|_| ROUNDED)?;
    let number = Number::from_f64(double).ok_or("a number is too large for most readers")?;
    if Decimal::parse(&format!("{double:e}")) == Some(decimal) { Ok(number) } else { Err(ROUNDED) }
}

/// A decimal number without its sign: two texts are the same number where these are equal.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    /// From the first to the last that is not 0.
    digits: String,
    /// The power of ten that the last of them counts.
    exponent: i64,
}

impl Decimal {
    /// None where the exponent is beyond all doubles.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let kept = all.trim_end_matches('0');
        let digits = kept.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { digits, exponent: 0 });
        }
        let count = |length: usize| i64::try_from(length).ok();
        let exponent = exponent.parse::<i64>().ok().filter(|it| it.abs() < 1_000_000_000)?;
        let exponent = exponent - count(fraction.len())? + count(all.len() - kept.len())?;
        Some(Self { digits, exponent })
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
