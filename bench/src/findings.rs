//! What a scenario found: tables, and goals with a verdict.

use serde::Serialize;

use crate::number::Summary;
use crate::rounds::Row;

/// What came of a scenario.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    pub goals: Vec<Goal>,
    pub tables: Vec<Table>,
    /// What a reader must know: what was left out, and why.
    pub notes: Vec<String>,
    /// Every round, for whoever wants to compute something else.
    pub raw: Vec<Row>,
}

impl Findings {
    /// Adds compared rows as a table, and keeps their rounds.
    pub fn rows(&mut self, title: &str, rows: impl IntoIterator<Item = Row>) {
        let rows: Vec<Row> = rows.into_iter().collect();
        self.tables.push(Table::compared(title, &rows));
        self.raw.extend(rows);
    }
}

/// Which side of a bound is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast,
    AtMost,
    /// No bound: only told.
    None,
}

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The goal, which is more than what must be.
    Goal,
    /// What must be.
    Met,
    Missed,
    /// The rows that it needs count for nothing.
    Void,
    /// There is no bound.
    Told,
}

/// One line of the goal table.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    pub what: String,
    pub unit: &'static str,
    pub bound: Bound,
    pub must: f64,
    pub hoped: Option<f64>,
    pub measured: Option<Summary>,
}

impl Goal {
    /// The median must reach `must`; `hoped` is the goal.
    pub fn at_least(
        what: &str,
        unit: &'static str,
        must: f64,
        hoped: Option<f64>,
        measured: Option<Summary>,
    ) -> Self {
        Self { what: what.to_owned(), unit, bound: Bound::AtLeast, must, hoped, measured }
    }

    /// The median must not pass `must`.
    pub fn at_most(
        what: &str,
        unit: &'static str,
        must: f64,
        hoped: Option<f64>,
        measured: Option<Summary>,
    ) -> Self {
        Self { what: what.to_owned(), unit, bound: Bound::AtMost, must, hoped, measured }
    }

    /// Something to know beside the goals.
    pub fn told(what: &str, unit: &'static str, measured: Option<Summary>) -> Self {
        Self { what: what.to_owned(), unit, bound: Bound::None, must: 0.0, hoped: None, measured }
    }

    pub fn verdict(&self) -> Verdict {
        let Some(measured) = self.measured else { return Verdict::Void };
        let reaches = |bound: f64| match self.bound {
            Bound::AtLeast => measured.median >= bound,
            Bound::AtMost => measured.median <= bound,
            Bound::None => true,
        };
        match self.bound {
            Bound::None => Verdict::Told,
            _ if self.hoped.is_some_and(reaches) => Verdict::Goal,
            _ if reaches(self.must) => Verdict::Met,
            _ => Verdict::Missed,
        }
    }

    /// How far the median is on the good side of `must`: above 1 it is met, whichever way the bound goes.
    pub fn margin(&self) -> Option<f64> {
        let median = self.measured?.median;
        match self.bound {
            Bound::AtLeast if self.must > 0.0 => Some(median / self.must),
            Bound::AtMost if median > 0.0 => Some(self.must / median),
            _ => None,
        }
    }
}

/// A table of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub title: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, head: &[&str]) -> Self {
        let head = head.iter().map(|&name| name.to_owned()).collect();
        Self { title: title.to_owned(), head, rows: Vec::new() }
    }

    fn compared(title: &str, rows: &[Row]) -> Self {
        let head = [
            "what",
            "connections",
            "requests/s",
            "p50 µs",
            "p99 µs",
            "CPU µs/request",
            "memory MB, idle → loaded",
        ];
        let mut table = Self::new(title, &head);
        table.rows = rows.iter().map(compared).collect();
        table
    }
}

fn compared(row: &Row) -> Vec<String> {
    let name = match row.void() {
        Some(why) => format!("{} (void: {why})", row.name),
        None if row.noisy() => format!("{} †", row.name),
        None => row.name.clone(),
    };
    vec![
        name,
        row.connections.to_string(),
        spread(row.summary(|round| round.rate), 0),
        spread(row.summary(|round| round.p50), 0),
        spread(row.summary(|round| round.p99), 0),
        spread(row.summary(|round| round.processor), 1),
        format!("{} → {}", megabytes(row.idle_kb), megabytes(row.loaded_kb)),
    ]
}

/// A median with its range.
pub fn spread(summary: Summary, digits: usize) -> String {
    let Summary { median, least, most } = summary;
    let number = |value: f64| grouped(&format!("{value:.digits$}"));
    format!("{} ({}–{})", number(median), number(least), number(most))
}

/// A number as it fits its size.
pub fn plain(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    grouped(&format!("{value:.digits$}"))
}

fn megabytes(kb: u64) -> String {
    format!("{:.1}", crate::number::float(kb) / 1024.0)
}

/// Commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(w, f)| (w, Some(f)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    fraction.map_or(text.clone(), |fraction| format!("{text}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64) -> Option<Summary> {
        (value >= 0.0).then(|| Summary::of([value]))
    }

    #[test]
    fn verdicts_know_both_directions() {
        let least = |value| Goal::at_least("", "%", 20.0, Some(30.0), measured(value)).verdict();
        assert_eq!([31.0, 25.0, 19.0].map(least), [Verdict::Goal, Verdict::Met, Verdict::Missed]);
        let most = |value| Goal::at_most("", "ms", 20.0, Some(10.0), measured(value)).verdict();
        assert_eq!([9.0, 15.0, 21.0].map(most), [Verdict::Goal, Verdict::Met, Verdict::Missed]);
        assert_eq!(Goal::at_most("", "ms", 20.0, None, None).verdict(), Verdict::Void);
        assert_eq!(Goal::told("", "ms", measured(1.0)).verdict(), Verdict::Told);
    }

    #[test]
    fn a_margin_above_one_is_good_both_ways() {
        let margin = |goal: Goal| format!("{:?}", goal.margin());
        assert_eq!(margin(Goal::at_least("", "", 20.0, None, measured(40.0))), "Some(2.0)");
        assert_eq!(margin(Goal::at_most("", "", 20.0, None, measured(40.0))), "Some(0.5)");
    }

    #[test]
    fn numbers_are_grouped() {
        let numbers = [0.0, 999.0, 1_000.0, 1_234_567.0, -12_345.0].map(plain);
        assert_eq!(numbers, ["0.00", "999", "1,000", "1,234,567", "-12,345"]);
        assert_eq!(spread(Summary { median: 1_500.25, least: 2.0, most: 3.0 }, 1), "1,500.2 (2.0–3.0)");
    }
}
