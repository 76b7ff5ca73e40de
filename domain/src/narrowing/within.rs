//! Whether granted terms lie within what was asked: checked from scratch, without the code that made them.

use protocol::{Line, Terms};

/// Whether everything that `granted` permits was asked for. Which account a person chose, where the request left
/// that open, is not part of the question; that one is chosen is.
pub fn is_within(granted: &Terms, asked: &Terms) -> bool {
    let same_request = granted.instance == asked.instance
        && granted.request == asked.request
        && granted.agent == asked.agent
        && granted.owner == asked.owner
        && granted.purpose == asked.purpose;
    // Strictly ascending ids: no line is granted twice, which would double its limit.
    let once = granted.lines.windows(2).all(|pair| pair[0].id < pair[1].id);
    let each = granted.lines.iter().all(|line| {
        let from = asked.lines.iter().find(|of| of.id == line.id);
        from.is_some_and(|from| line_is_within(line, from))
    });
    same_request && once && each && !granted.lines.is_empty() && granted.duration <= asked.duration
}

fn line_is_within(granted: &Line, asked: &Line) -> bool {
    let resources = if asked.resources.is_empty() {
        true
    } else {
        !granted.resources.is_empty() && granted.resources.iter().all(|name| asked.resources.contains(name))
    };
    let limit = match (granted.limits.max_calls, asked.limits.max_calls) {
        (_, None) => true,
        (Some(granted), Some(asked)) => granted <= asked,
        (None, Some(_)) => false,
    };
    let account = match (&granted.connection, &asked.connection) {
        (Some(granted), Some(asked)) => granted == asked,
        (Some(_), None) => true,
        (None, _) => false,
    };
    granted.service == asked.service
        && !granted.actions.is_empty()
        && granted.actions.iter().all(|action| asked.actions.contains(action))
        && asked.conditions.iter().all(|condition| granted.conditions.contains(condition))
        && resources
        && limit
        && account
}
