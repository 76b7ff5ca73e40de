//! The place a connection's secret is sealed for. Sealing (`apply`) and opening (a call) must name exactly the same
//! place, so both take it from here.

use crate::{
    egress::{Origin, OriginError},
    store::connections::Connection,
    vault::{self, SecretContext},
};
use protocol::services::ServiceDefinition;

/// The one field that a connection has.
const FIELD: &str = "secret";

/// An owned [`SecretContext`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    owner: Option<String>,
    connection: String,
    version: i64,
    service: String,
    origin: Origin,
    auth_style: String,
}

/// Where the secret of this connection belongs, now that its service is defined like this.
pub fn context(service: &ServiceDefinition, connection: &Connection) -> Result<SecretPlace, OriginError> {
    Ok(SecretPlace {
        owner: connection.owner.as_ref().map(ToString::to_string),
        connection: connection.id.to_string(),
        version: connection.version,
        service: service.id.to_string(),
        origin: Origin::parse(&service.origin)?,
        auth_style: domain::digest::canonical(&service.auth),
    })
}

impl SecretPlace {
    /// What the vault binds a record to.
    pub fn bound(&self) -> SecretContext<'_> {
        SecretContext {
            owner: self.owner.as_deref(),
            connection: &self.connection,
            version: self.version,
            field: FIELD,
            service: &self.service,
            origin: vault::Origin {
                scheme: self.origin.scheme().as_str(),
                host: self.origin.host(),
                port: self.origin.port(),
            },
            auth_style: &self.auth_style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::services::{AuthStyle, ServiceKind};

    fn service() -> ServiceDefinition {
        ServiceDefinition {
            id: "git".parse().unwrap(),
            title: "Git".to_owned(),
            kind: ServiceKind::Http,
            origin: "https://api.git.example".to_owned(),
            auth: AuthStyle::Header { name: "X-Key".to_owned(), prefix: "token ".to_owned() },
            allow_private: false,
            sensitive: false,
            resource: None,
            approvals: 1,
            four_eyes: false,
            default_actions: Vec::new(),
            mcp: None,
            actions: Vec::new(),
        }
    }

    fn connection() -> Connection {
        Connection {
            id: "git-paul".parse().unwrap(),
            service: "git".parse().unwrap(),
            account: "@paul".to_owned(),
            owner: Some("paul".parse().unwrap()),
            approvers: Vec::new(),
            version: 3,
            record: String::new(),
        }
    }

    #[test]
    fn everything_that_decides_where_a_secret_goes_is_in_it() {
        let place = context(&service(), &connection()).unwrap();
        let bound = place.bound();
        assert_eq!((bound.owner, bound.connection, bound.version), (Some("paul"), "git-paul", 3));
        assert_eq!((bound.service, bound.field), ("git", "secret"));
        assert_eq!(
            (bound.origin.scheme, bound.origin.host, bound.origin.port),
            ("https", "api.git.example", 443)
        );
        // Sealed records depend on this text: it never changes.
        assert_eq!(bound.auth_style, r#"{"name":"X-Key","prefix":"token ","style":"header"}"#);

        let changes: [fn(&mut ServiceDefinition, &mut Connection); 6] = [
            |service, _| service.origin = "https://api.git.example:8443".to_owned(),
            |service, _| service.origin = "http://api.git.example".to_owned(),
            |service, _| service.auth = AuthStyle::Bearer,
            |service, _| service.id = "tig".parse().unwrap(),
            |_, connection| connection.owner = None,
            |_, connection| connection.version = 4,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (mut service, mut connection) = (service(), connection());
            change(&mut service, &mut connection);
            assert_ne!(context(&service, &connection).unwrap(), place, "change {number}");
        }
    }

    #[test]
    fn what_no_secret_depends_on_is_not_in_it() {
        let (mut service, mut connection) = (service(), connection());
        let before = context(&service, &connection).unwrap();
        service.title = "Other".to_owned();
        service.sensitive = true;
        connection.account = "@p".to_owned();
        assert_eq!(context(&service, &connection).unwrap(), before);
    }
}
