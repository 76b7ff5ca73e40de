//! Bars for days and lanes for names: drawn by the server, beside a table with the same numbers.

use leptos::prelude::*;

/// The drawing's own measures; it grows with the page.
const HEIGHT: f64 = 120.0;
const STEP: f64 = 40.0;
const BAR: f64 = 26.0;

/// A lane is as wide as a phone lets it be, so that its words stay readable there.
const LANE: f64 = 320.0;
const LANE_STEP: f64 = 36.0;
/// Letters of a name that have room over a lane, beside the value.
const LANE_NAME: usize = 34;

/// One day, or one name.
#[derive(Clone)]
pub(crate) struct Bar {
    /// What stands below it.
    pub label: String,
    /// How high it is.
    pub value: u64,
    /// How much of that is drawn in the colour of a refusal.
    pub of_that: u64,
    /// The value in words.
    pub words: String,
}

/// The bars. Only for the eye: whoever hears the page gets the table.
#[component]
pub(crate) fn Bars(bars: Vec<Bar>) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or_default().max(1);
    let width = STEP * f64::from(u32::try_from(bars.len()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_precision_loss, reason = "a height in a picture")]
    let high = move |value: u64| value as f64 / most as f64 * HEIGHT;
    let bars: Vec<_> = bars
        .into_iter()
        .zip(0_u32..)
        .map(|(bar, at)| {
            let x = STEP * f64::from(at) + (STEP - BAR) / 2.0;
            let middle = x + BAR / 2.0;
            let (all, part) = (high(bar.value), high(bar.of_that.min(bar.value)));
            let words = (bar.value > 0).then(|| {
                view! { <text class="value" x=middle y=HEIGHT - all + 12.0 text-anchor="middle">{bar.words}</text> }
            });
            view! {
                <rect class="all" x=x y=HEIGHT - all + 18.0 width=BAR height=all rx="3" />
                <rect class="part" x=x y=HEIGHT - part + 18.0 width=BAR height=part rx="3" />
                {words}
                <text class=if at % 2 == 0 { "day" } else { "day odd" } x=middle y=HEIGHT + 34.0 text-anchor="middle">{bar.label}</text>
            }
        })
        .collect();
    view! {
        <svg class="bars" viewBox=format!("0 0 {width} {}", HEIGHT + 40.0) aria-hidden="true">
            <line x1="0" x2=width y1=HEIGHT + 18.0 y2=HEIGHT + 18.0 />
            {bars}
        </svg>
    }
    .into_any()
}

/// A lane for each name, the longest first as they come. Only for the eye, like [`Bars`].
#[component]
pub(crate) fn Lanes(lanes: Vec<Bar>) -> impl IntoView {
    let most = lanes.iter().map(|lane| lane.value).max().unwrap_or_default().max(1);
    let height = LANE_STEP * f64::from(u32::try_from(lanes.len()).unwrap_or(u32::MAX));
    #[expect(clippy::cast_precision_loss, reason = "a length in a picture")]
    let long = move |value: u64| value as f64 / most as f64 * LANE;
    let lanes: Vec<_> = lanes
        .into_iter()
        .zip(0_u32..)
        .map(|(lane, at)| {
            let y = LANE_STEP * f64::from(at);
            view! {
                <text class="name" x="0" y=y + 12.0>{short(&lane.label)}</text>
                <text class="value" x=LANE y=y + 12.0 text-anchor="end">{lane.words}</text>
                <rect class="rail" x="0" y=y + 18.0 width=LANE height="8" rx="4" />
                <rect class="all" x="0" y=y + 18.0 width=long(lane.value) height="8" rx="4" />
                <rect class="part" x="0" y=y + 18.0 width=long(lane.of_that.min(lane.value)) height="8" rx="4" />
            }
        })
        .collect();
    view! {
        <svg class="bars" viewBox=format!("0 0 {LANE} {height}") aria-hidden="true">
            {lanes}
        </svg>
    }
    .into_any()
}

/// A name that fits; the table has it whole.
fn short(name: &str) -> String {
    match name.char_indices().nth(LANE_NAME) {
        Some((end, _)) => format!("{}…", name.split_at(end).0),
        None => name.to_owned(),
    }
}
