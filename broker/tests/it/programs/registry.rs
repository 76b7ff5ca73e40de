use super::{PATIENCE, host, name, next, script};
use broker::mcp::upstream::stdio::{Host, Program, Programs, Reason, StdioError};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

fn programs(program: Program) -> Programs {
    Programs::new(host(), [(name(), program)].into())
}

#[tokio::test]
async fn a_program_is_started_once_and_used_by_everybody() {
    let programs = programs(script("while read -r line; do echo \"{pid:$$}\"; done"));
    let first = programs.running(&name()).await.unwrap();
    let mut lines = first.take_lines().unwrap();
    let second = programs.running(&name()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second) && second.take_lines().is_none());
    first.send("{}").await.unwrap();
    second.send("{}").await.unwrap();
    assert_eq!(next(&mut lines).await, next(&mut lines).await);
    let told = programs.running(&"other".parse().unwrap()).await.unwrap_err();
    assert!(matches!(told, StdioError::NotDeclared(_)), "{told}");
}

#[tokio::test]
async fn one_that_ended_is_not_started_again_at_once() {
    let programs = programs(script("exit 1"));
    let first = programs.running(&name()).await.unwrap();
    timeout(PATIENCE, first.ended()).await.unwrap();
    match programs.running(&name()).await {
        Err(StdioError::TooSoon(wait)) => {
            assert!(wait <= Duration::from_secs(1));
            tokio::time::sleep(wait).await;
        }
        Ok(_) => panic!("it was started again"),
        Err(other) => panic!("{other}"),
    }
    let second = programs.running(&name()).await.unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn what_is_idle_ends_and_what_is_used_stays() {
    let programs = programs(script("exec cat"));
    let server = programs.running(&name()).await.unwrap();
    programs.sweep(Instant::now() + Duration::from_mins(9)).await;
    assert!(server.is_running());
    programs.sweep(Instant::now() + Duration::from_mins(11)).await;
    assert_eq!(timeout(PATIENCE, server.ended()).await.unwrap().reason, Reason::Ended);
}

#[tokio::test]
async fn all_end_with_the_broker() {
    let programs = Arc::new(programs(script("exec cat")));
    let server = programs.running(&name()).await.unwrap();
    let stopping = CancellationToken::new();
    let keeper = tokio::spawn({
        let (programs, stopping) = (programs.clone(), stopping.clone());
        async move { programs.keep(stopping).await }
    });
    stopping.cancel();
    timeout(PATIENCE, keeper).await.unwrap().unwrap();
    assert!(!server.is_running());
    assert!(matches!(programs.running(&name()).await, Err(StdioError::Stopping)));
}

#[tokio::test]
async fn where_confinement_is_required_and_cannot_be_had_nothing_runs() {
    // An executable that answers nothing: as on a kernel that has none of it.
    let host = Host::new("/bin/false", true, Vec::new());
    let programs = Programs::new(host, [(name(), script("exec cat"))].into());
    let told = programs.running(&name()).await.unwrap_err();
    assert!(matches!(told, StdioError::NotConfined(_)), "{told}");
}
