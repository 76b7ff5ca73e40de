//! Counts become fractions here, once: what is lost above 2^53 is nothing that a measurement could see.

use std::time::Duration;

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
}
