//! The client's messages, one after another: answered here while there is no session, carried to the gateway once there is.

use super::{
    alone,
    gateway::{Gateway, Trouble},
    message::{Message, NOT_CARRIED, PARSE_ERROR, error},
    pipes::Line,
    standing::Standing,
};
use crate::{sessions, store::Store};
use agent_client::{
    Client, Error,
    protocol::{RequestId, Slug},
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

/// Requests that may be under way at a time; more wait their turn.
const AT_A_TIME: usize = 64;
/// How long the gateway may take for what is not answered, or begins a session.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long what is under way may take once the client has closed its end.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
const LIST_CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;

pub struct Bridge {
    shared: Arc<Shared>,
    standing: watch::Receiver<Standing>,
    under_way: JoinSet<()>,
    /// By the id's text.
    by_id: HashMap<String, AbortHandle>,
    slots: Arc<Semaphore>,
    gateway: Option<Arc<Gateway>>,
    /// How the client of the older era began.
    first: Option<Arc<Message>>,
    listening: Option<AbortHandle>,
    /// Subscriptions of the newer era that came before the session.
    held: Vec<Message>,
}

/// What every message under way needs.
struct Shared {
    client: Client,
    store: Arc<Store>,
    service: Option<Slug>,
    to_client: mpsc::Sender<String>,
    tell: watch::Sender<Standing>,
}

impl Bridge {
    pub fn new(
        client: Client,
        store: Arc<Store>,
        service: Option<Slug>,
        tell: watch::Sender<Standing>,
        standing: watch::Receiver<Standing>,
        to_client: mpsc::Sender<String>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared { client, store, service, to_client, tell }),
            standing,
            under_way: JoinSet::new(),
            by_id: HashMap::new(),
            slots: Arc::new(Semaphore::new(AT_A_TIME)),
            gateway: None,
            first: None,
            listening: None,
            held: Vec::new(),
        }
    }

    /// Until the client closes stdin.
    pub async fn run(mut self, mut lines: mpsc::Receiver<Line>) {
        loop {
            tokio::select! {
                changed = self.standing.changed() => {
                    if changed.is_err() { break }
                    self.stands_differently().await;
                }
                Some(_) = self.under_way.join_next() => self.by_id.retain(|_, it| !it.is_finished()),
                line = lines.recv() => match line {
                    Some(line) => self.take(line).await,
                    None => break,
                },
            }
        }
        self.end().await;
    }

    async fn end(mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        let rest = async { while self.under_way.join_next().await.is_some() {} };
        let _ = timeout(LAST_ANSWERS, rest).await;
        self.under_way.shutdown().await;
        if let Some(gateway) = &self.gateway {
            gateway.end().await;
        }
    }

    async fn stands_differently(&mut self) {
        let Standing::Live(session) = self.standing.borrow_and_update().clone() else { return };
        let shared = self.shared.clone();
        let gateway = Arc::new(Gateway::new(session, shared.service.clone(), shared.to_client.clone()));
        self.gateway = Some(gateway.clone());
        if let Some(first) = self.first.clone() {
            match gateway.begin_again(&first).await {
                Ok(()) => self.listen(&gateway),
                Err(trouble) => {
                    let why = shared.explain(trouble, self.request()).await;
                    shared.tell.send_replace(Standing::Over(why));
                    return;
                }
            }
            self.shared.say(LIST_CHANGED.to_owned()).await;
        }
        for message in std::mem::take(&mut self.held) {
            self.carry(gateway.clone(), message).await;
        }
    }

    fn listen(&mut self, gateway: &Arc<Gateway>) {
        let gateway = gateway.clone();
        let listening = self.under_way.spawn(async move { gateway.listen().await });
        if let Some(before) = self.listening.replace(listening) {
            before.abort();
        }
    }

    /// The gateway, while the session is there.
    fn live(&self) -> Option<Arc<Gateway>> {
        self.gateway.clone().filter(|_| matches!(*self.standing.borrow(), Standing::Live(_)))
    }

    /// The request that the session came of.
    fn request(&self) -> Option<RequestId> {
        match &*self.standing.borrow() {
            Standing::Live(session) => Some(session.grant().request()),
            _ => None,
        }
    }

    async fn take(&mut self, line: Line) {
        let message = match line {
            Line::Text(text) => Message::parse(text),
            Line::Unreadable => {
                Err(error(&Value::Null, PARSE_ERROR, "the message is longer than 4 MiB, or no text"))
            }
        };
        let message = match message {
            Ok(message) => message,
            Err(answer) => return self.shared.say(answer).await,
        };
        if let Some(cancelled) = message.cancelled() {
            if let Some(request) = self.by_id.remove(&cancelled.to_string()) {
                request.abort(); // closes its stream
            }
            self.held.retain(|it| it.id.as_ref() != Some(cancelled));
            if message.stateless().is_some() || self.first.is_none() {
                return; // the closed stream has said it
            }
        }
        if message.is("initialize") {
            self.first = Message::parse(message.text.clone()).ok().map(Arc::new);
        }
        match self.live() {
            Some(gateway) => self.carry(gateway, message).await,
            None => self.alone(message).await,
        }
    }

    async fn alone(&mut self, message: Message) {
        let standing = self.standing.borrow().clone();
        let Some(id) = message.awaits().cloned() else { return };
        let waits = !matches!(standing, Standing::Over(_));
        if waits && message.is("subscriptions/listen") && self.held.len() < AT_A_TIME {
            return self.held.push(message);
        }
        self.shared.say(alone::answer(&message, &id, &standing)).await;
    }

    /// Requests go their ways at the same time; what is not answered, and what begins a session, in its order.
    async fn carry(&mut self, gateway: Arc<Gateway>, message: Message) {
        let (shared, slots) = (self.shared.clone(), self.slots.clone());
        let (request, first) = (self.request(), self.first.clone());
        let begins = message.is("initialize");
        let id = message.awaits().map(Value::to_string);
        let carried = {
            let gateway = gateway.clone();
            async move {
                let _slot = slots.acquire_owned().await;
                shared.carry(&gateway, &message, first.as_deref(), request).await;
            }
        };
        match id {
            Some(id) if !begins => {
                let handle = self.under_way.spawn(carried);
                self.by_id.insert(id, handle);
            }
            _ => {
                // What hangs here would hold everything up.
                let _ = timeout(PATIENCE, carried).await;
                if begins && self.live().is_some() {
                    self.listen(&gateway);
                }
            }
        }
    }
}

impl Shared {
    async fn say(&self, line: String) {
        let _ = self.to_client.send(line).await;
    }

    /// Carries a message, or says what became of it.
    async fn carry(
        &self,
        gateway: &Gateway,
        message: &Message,
        first: Option<&Message>,
        request: Option<RequestId>,
    ) {
        let mut carried = gateway.carry(message).await;
        // The gateway was started again: the message was not taken, and can be sent once more.
        if let (Err(Trouble::SessionGone), Some(first)) = (&carried, first)
            && !message.is("initialize")
        {
            carried = match gateway.begin_again(first).await {
                Ok(()) => gateway.carry(message).await,
                Err(trouble) => Err(trouble),
            };
        }
        let Err(trouble) = carried else { return };
        let why = self.explain(trouble, request).await;
        if let Some(id) = message.awaits() {
            self.say(error(id, NOT_CARRIED, &why)).await;
        }
    }

    /// What went wrong, in words. If the session is over, that is how things stand from then on.
    async fn explain(&self, trouble: Trouble, request: Option<RequestId>) -> String {
        let why = match (trouble, request) {
            (Trouble::Other(why), _) => return why,
            (Trouble::SessionGone, _) => return "the broker does not know this client any more".to_owned(),
            (Trouble::NotAuthorised, None) => "the broker does not take the session's token".to_owned(),
            (Trouble::NotAuthorised, Some(id)) => {
                let refused =
                    Error::OAuth { error: "invalid_token".to_owned(), description: None, hint: None };
                sessions::explain(&self.client, &self.store, &id, refused).await.to_string()
            }
        };
        let why =
            format!("{why}. Nothing was done. Start this server again to ask a person for a new session.");
        self.tell.send_replace(Standing::Over(why.clone()));
        why
    }
}
