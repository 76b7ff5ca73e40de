/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, in which also everything is recorded.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them, as they stand in the choice.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself: whoever looks for it reads that.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a tag, as `de` or `de-AT`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The one that an `Accept-Language` likes best; English if it likes none.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::default());
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let language = Self::of_tag(parts.next().unwrap_or_default());
            let weight = parts.find_map(|part| part.trim().strip_prefix("q="));
            let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
            #[expect(clippy::cast_possible_truncation, reason = "a thousand at most")]
            let weight = (f32::clamp(weight, 0.0, 1.0) * 1000.0) as i32;
            if let Some(language) = language.filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, German};

    #[test]
    fn the_best_liked_language_wins_and_english_where_none_is() {
        for (header, language) in [
            ("", English),
            ("de", German),
            ("de-AT,de;q=0.9,en;q=0.8", German),
            ("en-GB,en;q=0.9,de;q=0.8", English),
            ("en;q=0.2, DE-ch;q=0.7", German),
            ("fr, de;q=0.5", German),
            ("fr,*;q=0.1", English),
            ("de;q=0", English),
            ("de;q=NaN,en;q=x", English),
            ("deu,den", English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
