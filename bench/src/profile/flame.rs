//! A flame graph as SVG: width is processor time, what is called stands above who calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::stacks::Stacks;
use crate::number::{float, float_len};

const WIDTH: f64 = 1_600.0;
const ROW: f64 = 17.0;
const TOP: f64 = 34.0;
/// Narrower boxes are left out.
const NARROWEST: f64 = 0.6;
/// A letter of the small font.
const LETTER: f64 = 6.3;

const STYLE: &str = "text { font: 11px monospace; fill: #1f2328 } .title { font: 15px system-ui, sans-serif }
  rect { stroke: #ffffff; stroke-width: 0.5 } svg { background: #ffffff }";

#[derive(Default)]
struct Node {
    samples: u64,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn add(&mut self, stack: &[String], count: u64) {
        self.samples += count;
        if let Some((first, rest)) = stack.split_first() {
            self.children.entry(first.clone()).or_default().add(rest, count);
        }
    }

    fn depth(&self) -> usize {
        self.children.values().map(|child| 1 + child.depth()).max().unwrap_or(0)
    }
}

pub fn graph(title: &str, stacks: &Stacks) -> String {
    let mut root = Node::default();
    for (stack, count) in &stacks.0 {
        root.add(stack, *count);
    }
    let height = TOP + ROW * float_len(root.depth()) + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\">\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"8\" y=\"20\">{}: {} samples</text>\n",
        escaped(title),
        stacks.all()
    );
    let mut drawing =
        Drawing { svg: &mut svg, height, scale: WIDTH / float(root.samples.max(1)), all: root.samples };
    drawing.children(&root, 0.0, 1.0);
    svg + "</svg>\n"
}

struct Drawing<'a> {
    svg: &'a mut String,
    height: f64,
    /// Width of one sample.
    scale: f64,
    all: u64,
}

impl Drawing<'_> {
    fn children(&mut self, node: &Node, mut x: f64, level: f64) {
        for (name, child) in &node.children {
            let width = float(child.samples) * self.scale;
            if width >= NARROWEST {
                self.shape(name, child.samples, x, width, level);
                self.children(child, x, level + 1.0);
            }
            x += width;
        }
    }

    fn shape(&mut self, name: &str, samples: u64, x: f64, width: f64, level: f64) {
        let y = self.height - 6.0 - ROW * level;
        let share = 100.0 * float(samples) / float(self.all.max(1));
        let letters = crate::number::whole(width / LETTER);
        let shown: String = name.chars().take(usize::try_from(letters).unwrap_or(0)).collect();
        let label = if letters < 4 { String::new() } else { escaped(&shown) };
        let _ = writeln!(
            self.svg,
            "<g><title>{} {share:.1} %</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{ROW}\" fill=\"{}\"/><text x=\"{:.1}\" y=\"{:.1}\">{label}</text></g>",
            escaped(name),
            colour(name),
            x + 2.0,
            y + 12.5
        );
    }
}

/// The same for the same crate: the eye finds it again.
fn colour(name: &str) -> String {
    let start = name.trim_start_matches(['<', '&']);
    let family = start.split([':', ' ', '<']).next().unwrap_or_default();
    let hue = family.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 360;
    format!("hsl({hue} 70% 76%)")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_share() {
        let stack = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let stacks = Stacks(BTreeMap::from([(stack(&["main", "a<b>"]), 3), (stack(&["main", "c"]), 1)]));
        let svg = graph("title", &stacks);
        assert!(svg.contains("a&lt;b&gt; 75.0 %") && svg.contains("width=\"1200.0\""), "{svg}");
        assert!(svg.contains("main 100.0 %") && svg.contains("4 samples"));
    }
}
