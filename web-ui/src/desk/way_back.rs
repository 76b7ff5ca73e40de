//! A browser that a client sent here goes back to it.

/// Where a browser goes once the request that it came with is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// The client, as it calls itself.
    pub client: String,
    /// The host that the browser goes to.
    pub host: String,
    /// The address here that leads there.
    pub address: String,
    /// Whether it is decided, so that the browser goes at once.
    pub goes: bool,
    /// Whether whoever looks has nothing to do but wait for somebody else.
    pub waits: bool,
}
