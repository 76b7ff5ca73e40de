//! What the kernel saw: for each call, the log of the database is flushed before the first byte goes to the service.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::sleep;

use super::{Fault, Lab, Tally};
use crate::check::Still;
use crate::probe::Probe;
use crate::stage::{Installation, Start};

pub const FAULT: Fault = Fault {
    name: "order",
    about: "system calls are watched: for each call the log is flushed before the first byte goes to the service",
    needs: &[("strace", "strace")],
    root: false,
    times: (20, 500),
    run: |lab| Box::pin(run(lab)),
};

const WATCHED: &str = "trace=fsync,fdatasync,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg";
/// What became of a call is written down a moment later: without a pause its flush would be taken for that of the next.
const PAUSE: Duration = Duration::from_millis(60);

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut it = Installation::set_up(&lab.program, None).await?;
    it.broker.kill();
    let seen = it.folder().join("strace");
    let strace = Start::default()
        .behind(["strace", "-f", "-y", "-s", "300", "-e", WATCHED, "-o"])
        .behind([seen.as_os_str()]);
    it.broker.start(&strace).await?;
    let mut probe = Probe::new(&it, &it.broker, &mut lab.random).await?;
    for _ in 0..lab.times {
        sleep(PAUSE).await;
        ensure!(probe.call().await?, "the service refused the key that was injected");
    }
    it.broker.kill();
    let findings = Still::take(&it)?.check().await?;
    tally.acknowledged = findings.acknowledged;
    tally.found(&findings);
    let seen = String::from_utf8_lossy(&fs::read(&seen)?).into_owned();
    for item in it.upstream.received() {
        tally.tries += 1;
        tally.violations.extend(wrong_order(&seen, &item));
    }
    Ok(tally)
}

/// What is wrong with the way of one call, if anything.
fn wrong_order(seen: &str, item: &str) -> Option<String> {
    let (asked, sent) = (
        format!("/proxy/tracker/projects/acme/site/items/{item}"),
        format!("\"GET /projects/acme/site/items/{item}"),
    );
    let mut flushing: HashMap<&str, bool> = HashMap::new();
    let (mut arrived, mut flushed) = (false, false);
    for line in seen.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let flush = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if call.contains(&sent) {
            let wrong = !(arrived && flushed);
            return wrong.then(|| format!("I4: call {item} was sent before its record was flushed"));
        } else if call.contains(&asked) {
            arrived = true;
        } else if flush && call.contains("unfinished") {
            flushing.insert(thread, call.contains("-wal>") && arrived);
        } else if flush {
            flushed |= arrived && call.contains("-wal>") && call.ends_with("= 0");
        } else if call.starts_with("<... fdatasync resumed") || call.starts_with("<... fsync resumed") {
            flushed |= flushing.remove(thread).unwrap_or(false) && call.ends_with("= 0");
        }
    }
    Some(format!("call {item} was not seen on its way to the service"))
}

#[cfg(test)]
mod tests {
    use super::wrong_order;

    const ASKED: &str = "7 recvfrom(9<socket:[1]>, \"GET /proxy/tracker/projects/acme/site/items/a1 HTTP/1.1\"..., 8192) = 300";
    const SENT: &str = "8 sendto(12<socket:[2]>, \"GET /projects/acme/site/items/a1 HTTP/1.1\"..., 90) = 90";

    #[test]
    fn the_flush_comes_between() {
        let whole = "9 fdatasync(5</x/countersign.db-wal>) = 0";
        let parts = "9 fdatasync(5</x/countersign.db-wal> <unfinished ...>\n9 <... fdatasync resumed>) = 0";
        let failed = "9 fdatasync(5</x/countersign.db-wal>) = -1 EIO (Input/output error)";
        for (lines, good) in [
            ([ASKED, whole, SENT], true),
            ([ASKED, parts, SENT], true),
            ([whole, ASKED, SENT], false),
            ([ASKED, failed, SENT], false),
            ([ASKED, SENT, whole], false),
            ([ASKED, whole, ""], false),
        ] {
            assert_eq!(wrong_order(&lines.join("\n"), "a1").is_none(), good, "{lines:?}");
        }
    }
}
