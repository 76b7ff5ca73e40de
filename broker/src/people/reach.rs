//! About what how many people may decide, so that a change can say where fewer are left, or nobody.

use super::permission::decides;
use crate::store::{agents::Agent, connections::Connection, people::Person};
use protocol::{Slug, sessions::Role};
use std::collections::BTreeMap;

/// What somebody decides about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// An account, by its name and what it is called at the service.
    Account(Slug, String),
    /// An agent, by its name for people.
    Agent(Slug, String),
}

/// Who may decide about each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach(BTreeMap<Matter, Vec<Slug>>);

impl Reach {
    /// As these people may decide.
    pub fn of(people: &[Person], connections: &[Connection], agents: &[Agent]) -> Self {
        let named = |may: &dyn Fn(&Person) -> bool| -> Vec<Slug> {
            people.iter().filter(|it| may(it)).map(|it| it.id.clone()).collect()
        };
        let accounts = connections.iter().map(|it| {
            let matter = Matter::Account(it.id.clone(), it.account.clone());
            (matter, named(&|person| decides(person, it)))
        });
        let agents = agents.iter().map(|it| {
            let may = |person: &Person| person.is(Role::Approver) && person.scope.has_agent(&it.id);
            (Matter::Agent(it.id.clone(), it.title.clone()), named(&may))
        });
        Self(accounts.chain(agents).collect())
    }

    fn deciders(&self, matter: &Matter) -> &[Slug] {
        // Another name at the service is the same account.
        let same = |it: &Matter| match (it, matter) {
            (Matter::Account(one, _), Matter::Account(other, _))
            | (Matter::Agent(one, _), Matter::Agent(other, _)) => one == other,
            _ => false,
        };
        self.0.iter().find(|(it, _)| same(it)).map_or(&[], |(_, people)| people)
    }
}

/// What nobody could decide about any more, or only one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What.
    pub matter: Matter,
    /// The one who is left; none if nobody is.
    pub left: Option<Slug>,
}

/// Where nobody, or only one person, is left who may decide.
pub fn lost(before: &Reach, after: &Reach) -> Vec<Loss> {
    let fewer = after.0.iter().filter(|(matter, left)| left.len() < before.deciders(matter).len());
    fewer
        .filter(|(_, left)| left.len() < 2)
        .map(|(matter, left)| Loss { matter: matter.clone(), left: left.first().cloned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::people::Scope;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn approver(id: &str, services: &[&str]) -> Person {
        let scope = Scope { services: services.iter().map(|it| slug(it)).collect(), agents: Vec::new() };
        Person { id: slug(id), title: id.to_owned(), roles: vec![Role::Approver], scope, blocked: false }
    }

    fn account(id: &str, owner: Option<&str>) -> Connection {
        Connection {
            id: slug(id),
            service: slug(id),
            account: format!("@{id}"),
            owner: owner.map(slug),
            approvers: Vec::new(),
            version: 1,
            record: String::new(),
        }
    }

    /// The names of what is lost, with who is left.
    fn names(lost: &[Loss]) -> Vec<(&str, Option<&str>)> {
        lost.iter()
            .map(|it| {
                let (Matter::Account(id, _) | Matter::Agent(id, _)) = &it.matter;
                (id.as_str(), it.left.as_ref().map(Slug::as_str))
            })
            .collect()
    }

    #[test]
    fn only_what_has_fewer_deciders_is_said() {
        let accounts = [account("git", None), account("mail", None), account("own", Some("ana"))];
        let of = |people: &[Person]| Reach::of(people, &accounts, &[]);
        let all = of(&[approver("ana", &[]), approver("eve", &[])]);
        let same = of(&[approver("ana", &["git", "mail", "own"]), approver("eve", &[])]);
        assert!(lost(&all, &same).is_empty());
        let one = of(&[approver("ana", &["git"]), approver("eve", &["git"])]);
        assert_eq!(names(&lost(&all, &one)), [("mail", None), ("own", None)]);
        let eve = of(&[approver("ana", &["own"]), approver("eve", &["git"])]);
        assert_eq!(names(&lost(&all, &eve)), [("git", Some("eve")), ("mail", None)]);
        assert!(lost(&one, &all).is_empty(), "more may decide");
    }
}
