//! Counts become fractions here, once: what is lost above 2^53 is nothing that a measurement could see.

use std::time::Duration;

/// A count as a fraction.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A length as a fraction.
#[expect(clippy::cast_precision_loss, reason = "no length here comes near 2^53")]
pub fn float_len(length: usize) -> f64 {
    length as f64
}

/// A positive fraction as a count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is what is wanted"
)]
pub fn whole(fraction: f64) -> u64 {
    fraction.round() as u64
}

/// A duration in microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The value below which this share of sorted values lies; 0 if there are none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = whole((float_len(sorted.len()) * share).ceil()).saturating_sub(1);
    sorted[usize::try_from(at).unwrap_or(last).min(last)]
}

/// The middle one and the range of what several rounds gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Summary {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Summary {
    /// The same in another unit.
    pub fn scaled(self, by: f64) -> Self {
        Self { median: self.median * by, least: self.least * by, most: self.most * by }
    }

    /// Of none it is zero.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return Self::default() };
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Self { median, least: *least, most: *most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let whole = |values: &[f64], share| format!("{}", quantile(values, share));
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| whole(&hundred, share)), ["1", "50", "99", "100"]);
        assert_eq!([whole(&[7.0], 0.99), whole(&[], 0.5)], ["7", "0"]);
    }

    #[test]
    fn a_summary_names_the_middle_and_the_ends() {
        assert_eq!(Summary::of([3.0, 1.0, 2.0]), Summary { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(Summary::of([4.0, 1.0]), Summary { median: 2.5, least: 1.0, most: 4.0 });
        assert_eq!(Summary::of([]), Summary::default());
    }
}
