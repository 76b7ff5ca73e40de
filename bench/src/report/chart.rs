//! The chart: for every goal with a bound one bar, from "a tenth of what must be" to "ten times better".
//!
//! The scale is logarithmic; the line in the middle is what must be. Colours follow the reader's light or dark page.

use std::fmt::Write as _;

use crate::findings::{Goal, Verdict, plain};

const WIDTH: f64 = 920.0;
/// Where bars begin and end.
const LEFT: f64 = 470.0;
const RIGHT: f64 = 900.0;
const ROW: f64 = 26.0;
const TOP: f64 = 44.0;

const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 11px; fill: #59636e }
  .met { fill: #1a7f37 } .missed { fill: #cf222e } .grid { stroke: #d1d9e0 } .must { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .met { fill: #3fb950 } .missed { fill: #f85149 }
    .grid { stroke: #3d444d } .must { stroke: #f0f6fc }
  }";

pub fn chart<'a>(goals: impl Iterator<Item = &'a Goal>) -> String {
    let bars: Vec<(&Goal, f64)> = goals.filter_map(|goal| Some((goal, goal.margin()?))).collect();
    let mut body = String::new();
    let mut y = TOP;
    for (goal, margin) in bars {
        body.push_str(&bar(goal, margin, y));
        y += ROW;
    }
    let height = y + 12.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"How far each goal is met; right of the line it is met\">\n<style>{STYLE}\n</style>\n"
    );
    for (at, label) in [(0.1, "÷ 10"), (0.5, "÷ 2"), (1.0, "must"), (2.0, "× 2"), (10.0, "× 10")] {
        let (x, class) = (place(at), if label == "must" { "must" } else { "grid" });
        let _ =
            writeln!(svg, "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"30\" y2=\"{y:.0}\"/>");
        let _ = writeln!(
            svg,
            "<text class=\"small\" x=\"{x:.1}\" y=\"22\" text-anchor=\"middle\">{label}</text>"
        );
    }
    svg + &body + "</svg>\n"
}

fn bar(goal: &Goal, margin: f64, y: f64) -> String {
    let class = if goal.verdict() == Verdict::Missed { "missed" } else { "met" };
    let (from, to) = (place(1.0).min(place(margin)), place(1.0).max(place(margin)));
    let measured = goal.measured.map_or_else(String::new, |it| format!("{} {}", plain(it.median), goal.unit));
    let (text, width) = (y + 13.0, (to - from).max(2.0));
    format!(
        "<text x=\"{:.0}\" y=\"{text}\" text-anchor=\"end\">{}</text>\
         <rect class=\"{class}\" x=\"{from:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"16\" rx=\"3\">\
         <title>{}</title></rect>\n",
        LEFT - 12.0,
        escaped(&shortened(&goal.what)),
        escaped(&measured)
    )
}

/// From a tenth to ten times, logarithmically.
fn place(margin: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * f64::midpoint(margin.clamp(0.1, 10.0).log10(), 1.0)
}

fn shortened(text: &str) -> String {
    const MOST: usize = 66;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST - 1).chain(['…']).collect()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Summary;

    #[test]
    fn bars_leave_the_line_in_the_middle_to_their_side() {
        let goals = [40.0, 10.0].map(|it| Goal::at_least("a < b", "%", 20.0, None, Some(Summary::of([it]))));
        let svg = chart(goals.iter());
        assert_eq!((svg.matches("class=\"met\"").count(), svg.matches("class=\"missed\"").count()), (1, 1));
        assert!(svg.contains("a &lt; b"));
        assert!((place(1.0) - f64::midpoint(LEFT, RIGHT)).abs() < 0.01);
        assert!(place(1e9) <= RIGHT && place(0.0) >= LEFT);
    }
}
