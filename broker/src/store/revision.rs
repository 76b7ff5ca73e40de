//! The number of changes to what admins declare: people, agents, services, connections. Triggers count it.

use super::{Conn, scalar};

const NUMBER: &str = "SELECT number FROM revision";

pub(super) const SQL: &[&str] = &[NUMBER];

/// The number as it stands.
pub async fn number(conn: &mut Conn) -> sqlx::Result<i64> {
    scalar!(conn, NUMBER)
}
