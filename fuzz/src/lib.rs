//! The broker's pure parts without its server, so that a fuzz target builds in a minute: the same files, compiled a
//! second time under the same names.

#![allow(dead_code, reason = "the broker uses what the targets do not")]

#[path = "../../broker/src/calls"]
pub mod calls {
    pub mod headers;
    pub mod scrub;
}

#[path = "../../broker/src/egress"]
pub mod egress {
    pub mod address;
    mod origin;

    pub use origin::{Origin, OriginError, Scheme};
}

#[path = "../../broker/src/vault/mod.rs"]
pub mod vault;

#[path = "../../broker/src/remembered.rs"]
pub mod remembered;

#[path = "../../broker/src/tokens/mod.rs"]
pub mod tokens;

#[path = "../../broker/src/services"]
pub mod services {
    pub mod file;
    pub mod pasted;
    mod wanted;

    pub use wanted::{Wanted, WantedAgent, WantedConnection, WantedPerson};
}

/// What the store keeps of an agent and its keys; the broker's own types are rows of its database as well.
pub mod store {
    pub mod agent_keys {
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct Key {
            pub thumbprint: String,
            pub kid: String,
            pub jwk: String,
        }
    }

    pub mod agents {
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Agent {
            pub id: protocol::Slug,
        }
    }
}

#[path = "../../broker/src/cli/apply"]
pub mod apply {
    mod file;
    mod keys;

    pub use file::{Declared, SecretSource};

    /// Reads what stands in an `apply` file.
    pub fn parse(text: &str) -> anyhow::Result<Declared> {
        file::parse(text, std::path::Path::new(""))
    }
}

/// Takes a fuzz input apart, piece by piece. An input that is used up gives zeros.
pub struct Pieces<'a>(pub &'a [u8]);

impl<'a> Pieces<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(u16::from_be_bytes([self.byte(), self.byte()])) % end
    }

    /// As many bytes as the next byte says, or what is left.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    /// The same as text; what is not UTF-8 is replaced.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}
