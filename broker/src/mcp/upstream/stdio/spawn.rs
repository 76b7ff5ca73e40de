//! Starting processes from one thread that never ends.
//!
//! A process that is to end with the broker ends, as the kernel sees it, with the *thread* that started it. The
//! runtime's threads come and go; this one does not.

use std::{
    io,
    sync::{OnceLock, mpsc},
    thread,
};
use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

type Job = Box<dyn FnOnce() + Send>;

/// Starts a process, whose parent is this thread.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    let (answer, started) = oneshot::channel();
    let runtime = Handle::current();
    let job: Job = Box::new(move || {
        let _within = runtime.enter();
        let _ = answer.send(command.spawn());
    });
    let ended = || io::Error::other("the thread that starts programs has ended");
    thread_of_programs()?.send(job).map_err(|_| ended())?;
    started.await.map_err(|_| ended())?
}

fn thread_of_programs() -> io::Result<mpsc::Sender<Job>> {
    static JOBS: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    if let Some(jobs) = JOBS.get() {
        return Ok(jobs.clone());
    }
    let (jobs, todo) = mpsc::channel::<Job>();
    // Two that come at the same time make two threads; one of them ends at once, having started nothing.
    thread::Builder::new()
        .name("programs".to_owned())
        .spawn(move || todo.into_iter().for_each(|job| job()))?;
    Ok(JOBS.get_or_init(|| jobs).clone())
}
