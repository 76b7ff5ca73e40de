//! What the broker is held against, made here: servers that do the least that can be called the same job.

pub mod bare;
pub mod mcp;
pub mod nginx;
pub mod proxy;
pub mod upstream;

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;

/// Serves until it is killed, with as many threads as it has cores: as the broker does.
fn serve(address: SocketAddr, routes: Router) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))),
            routes,
        )
        .await?)
    })
}
