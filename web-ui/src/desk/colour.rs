use std::{fmt, str::FromStr};

/// The colour of an installation, so that nobody takes one for another. Never alone: the name stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Where mistakes are dear.
    Red,
    /// Almost there.
    Amber,
    /// To try things.
    Green,
    /// Any.
    Blue,
    /// Any.
    Violet,
    /// None in particular.
    Grey,
}

impl Colour {
    const ALL: [Self; 6] = [Self::Red, Self::Amber, Self::Green, Self::Blue, Self::Violet, Self::Grey];

    /// The one that people expect of an environment with this name.
    pub fn of_environment(name: &str) -> Self {
        let name = name.to_lowercase();
        let is = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if is(&["prod", "live"]) {
            Self::Red
        } else if is(&["stag", "preprod", "uat"]) {
            Self::Amber
        } else if is(&["local", "dev", "test", "demo", "sandbox"]) {
            Self::Green
        } else {
            Self::Grey
        }
    }

    /// Its word, in settings and in the style.
    pub fn word(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Violet => "violet",
            Self::Grey => "grey",
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = || Self::ALL.map(Self::word).join(", ");
        Self::ALL
            .into_iter()
            .find(|it| it.word() == text)
            .ok_or_else(|| format!("{text:?} is no colour of an environment: {}", words()))
    }
}

#[cfg(test)]
mod tests {
    use super::Colour;

    #[test]
    fn a_name_has_the_colour_that_people_expect() {
        for (name, colour) in [
            ("production", Colour::Red),
            ("PROD-eu", Colour::Red),
            ("staging", Colour::Amber),
            ("local", Colour::Green),
            ("Demo", Colour::Green),
            ("acme", Colour::Grey),
        ] {
            assert_eq!(Colour::of_environment(name), colour, "{name}");
        }
        for colour in Colour::ALL {
            assert_eq!(colour.to_string().parse(), Ok(colour));
        }
        assert!("pink".parse::<Colour>().is_err());
    }
}
