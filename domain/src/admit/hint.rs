//! What to ask for after a refusal.

use super::Refusal;
use crate::{definition::does, pin::check_resource, policy::Policy};
use protocol::{AccessRequest, AskedLine, Limits, lines::LineType, services::ServiceDefinition};

/// The smallest request that would permit one action (in one resource, where the call names one).
pub fn smallest_request(
    service: &ServiceDefinition,
    action: &str,
    resource: Option<&str>,
    duration: u32,
    purpose: &str,
) -> AccessRequest {
    let line = AskedLine {
        kind: LineType::ServiceAccess,
        service: service.id.clone(),
        actions: vec![action.to_owned()],
        resources: resource.map(str::to_owned).into_iter().collect(),
        conditions: Vec::new(),
        limits: Limits::default(),
        connection: None,
    };
    AccessRequest {
        authorization_details: vec![line],
        purpose: purpose.to_owned(),
        duration: Some(duration),
        asynchronous: false,
        idempotency_key: None,
    }
}

impl Refusal {
    /// The smallest request that would let the refused call pass; none where no request would.
    pub fn smallest_request(&self, service: &ServiceDefinition, policy: &Policy) -> Option<AccessRequest> {
        let action = service.actions.iter().find(|action| Some(action.name.as_str()) == self.action())?;
        if action.ask {
            return None; // nobody could grant it
        }
        // A resource that a request could not name would only be refused again.
        let askable = |name: &&str| check_resource(name, service.resource.as_deref(), policy).is_ok();
        let resource = match self.resource() {
            Some(name) => Some(Some(name).filter(askable)?),
            None => None,
        };
        let purpose = format!("Say here why you need to {}.", does(action));
        Some(smallest_request(service, &action.name, resource, policy.default_duration, &purpose))
    }
}
