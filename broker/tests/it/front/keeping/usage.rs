//! Granted against used, counted from the record.

use crate::front::support::{Front, on_each_front};
use broker::{store::usage, sweeper::sweep};

on_each_front!(what_is_used_is_counted_once_by_day);

async fn counted(front: &Front) -> Vec<usage::Used> {
    usage::since(&mut front.app.store.read().await.unwrap(), 0).await.unwrap()
}

async fn what_is_used_is_counted_once_by_day(front: &Front) {
    let session = front.usual().await;
    front.read(&session, "").await;
    front.read(&session, "").await;
    front.settle().await;
    for _ in 0..2 {
        sweep(&front.app).await.unwrap();
    }
    let all = counted(front).await;
    let [it] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (it.service.as_str(), it.agent.as_str(), it.action.as_str()),
        ("issues", "helper", "items.read")
    );
    assert_eq!((it.calls, it.refused, it.day), (2, 0, front.clock.now().timestamp_millis() / usage::DAY));
    let html = front.admin.in_browser(front).get("/services/issues").await.text();
    let rows: Vec<&str> = html.split("<tr>").skip(2).collect();
    let read = rows.iter().find(|row| row.contains("items.read")).unwrap();
    assert!(read.contains(">1<") && read.contains(">2<") && !read.contains("not used in 30 days"), "{read}");
    assert!(rows.iter().filter(|row| row.contains("not used in 30 days")).count() >= 2, "{html}");
    // What comes later is added, and nothing is counted again.
    front.read(&session, "").await;
    front.settle().await;
    sweep(&front.app).await.unwrap();
    assert_eq!(counted(front).await[0].calls, 3);
}
