//! Where an encoding of a secret may begin.

use aho_corasick::{
    Span,
    packed::{Config, MatchKind, Searcher},
};
use std::sync::OnceLock;

/// So many bytes of each encoding are searched for; where they stand, the whole encoding is compared.
pub(super) const NEEDLE_BYTES: usize = 8;

/// From this length on a text is worth a vectorised search, which takes as long to build as this does to walk.
const LONG_TEXT: usize = 4096;

/// The first bytes of every encoding.
///
/// They are made anew for every call, since nothing of a secret outlives the call it was opened for, and most answers
/// are short: so they are searched for with three small tables that cost nothing to fill, and only a long text gets the
/// vectorised search. Neither copy is wiped when it is dropped.
pub(super) struct Needles {
    /// Sorted.
    words: Vec<[u8; NEEDLE_BYTES]>,
    /// For each of the first three bytes: which of eight groups of needles have it there.
    groups: Box<[[u8; 256]; 3]>,
    long: OnceLock<Option<Searcher>>,
}

impl Needles {
    pub fn new(mut words: Vec<[u8; NEEDLE_BYTES]>) -> Self {
        words.sort_unstable();
        words.dedup();
        let mut groups = Box::new([[0; 256]; 3]);
        for (number, word) in words.iter().enumerate() {
            for (table, byte) in groups.iter_mut().zip(word) {
                table[usize::from(*byte)] |= 1 << (number % 8);
            }
        }
        Self { words, groups, long: OnceLock::new() }
    }

    /// The first place at or behind `from` where a needle stands.
    pub fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        if text.len().saturating_sub(from) >= LONG_TEXT
            && let Some(searcher) = self.long.get_or_init(|| self.searcher())
        {
            return searcher.find_in(text, Span::from(from..text.len())).map(|found| found.start());
        }
        let places = text.get(from..)?.windows(NEEDLE_BYTES);
        let [first, second, third] = &*self.groups;
        let may = |window: &[u8]| {
            let (a, b, c) = (usize::from(window[0]), usize::from(window[1]), usize::from(window[2]));
            first[a] & second[b] & third[c] != 0
        };
        let stands = |window: &[u8]| self.words.binary_search_by(|word| word.as_slice().cmp(window)).is_ok();
        places.enumerate().find(|(_, window)| may(window) && stands(window)).map(|(at, _)| from + at)
    }

    /// Whether a needle begins with this text, which is shorter than one.
    pub fn begins_with(&self, text: &[u8]) -> bool {
        self.words.iter().any(|word| word.starts_with(text))
    }

    /// None where the machine has no vector instructions for so many needles.
    fn searcher(&self) -> Option<Searcher> {
        let mut config = Config::new();
        config.match_kind(MatchKind::LeftmostFirst).builder().extend(&self.words).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Needles {
        Needles::new((0..count).map(word).collect())
    }

    fn word(number: usize) -> [u8; NEEDLE_BYTES] {
        <[u8; NEEDLE_BYTES]>::try_from(format!("{number:04}abcd").as_bytes()).unwrap()
    }

    /// Few needles are searched for with vector instructions in a long text, 80 are too many for that.
    #[test]
    fn short_and_long_texts_are_searched_alike() {
        for needles in [numbered(8), numbered(80)] {
            for length in [8, 9, 100, LONG_TEXT - 1, LONG_TEXT, 3 * LONG_TEXT] {
                for at in [0, 1, length / 2, length - 8].into_iter().filter(|at| at + 8 <= length) {
                    let mut text = vec![b'0'; length];
                    text[at..at + 8].copy_from_slice(&word(at % needles.words.len()));
                    // The zeros before it may begin the needle earlier; the naive search is the judge.
                    let naive = |from: usize| {
                        (from..=length - 8).find(|i| needles.words.iter().any(|w| text[*i..].starts_with(w)))
                    };
                    for from in [0, at, at + 1] {
                        let found = needles.find(&text, from);
                        assert_eq!(found, naive(from), "{length} bytes, at {at}, from {from}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_whole_needle_is_not_found() {
        let needles = numbered(80);
        assert_eq!(needles.find(b"0001abc", 0), None);
        assert_eq!(needles.find(b"", 0), None);
        assert_eq!(needles.find(b"0001abcd", 9), None);
        assert_eq!(Needles::new(Vec::new()).find(&[b'x'; 3 * LONG_TEXT], 0), None);
    }

    #[test]
    fn only_a_long_text_pays_for_a_vectorised_search() {
        let needles = numbered(8);
        needles.find(&[b'x'; LONG_TEXT - 1], 0);
        needles.find(&[b'x'; LONG_TEXT], 1);
        assert!(needles.long.get().is_none(), "nothing was built");
        needles.find(&[b'x'; LONG_TEXT], 0);
        let vectorised = needles.long.get().map(Option::is_some);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(vectorised, Some(std::arch::is_x86_feature_detected!("ssse3")));
        #[cfg(not(target_arch = "x86_64"))]
        assert!(vectorised.is_some());
    }
}
