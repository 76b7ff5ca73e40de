//! nginx (Debian's package) as upstream, as a proxy that injects a header, and as one that asks before.
//!
//! A `proxy_set_header` inside a location cancels all of the server's level, `Connection ""` among them, and with it
//! the kept-alive connections; so each location says everything.

use std::fs;
use std::net::SocketAddr;

use anyhow::Result;
use tempfile::TempDir;

use super::upstream::KEY;
use crate::lab::{Lab, free_address, program};
use crate::process::{Server, pinned};

/// Which of them.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Answers at once.
    Return,
    /// Forwards with an injected header.
    Inject,
    /// Asks another location first, then forwards with an injected header.
    Ask,
}

/// A running nginx.
pub struct Nginx {
    pub server: Server,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    pub fn start(lab: &Lab, core: usize, kind: Kind, upstream: SocketAddr) -> Result<Self> {
        let nginx = program("nginx")?;
        let (folder, address) = (lab.fresh_folder()?, free_address()?);
        let file = folder.path().join("nginx.conf");
        fs::write(&file, settings(kind, address, upstream))?;
        let mut command = pinned(core, &nginx);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-e", "stderr"]);
        let mut server = Server::start("nginx", &mut command, &folder.path().join("log"))?;
        server.wait_for(address)?;
        Ok(Self { server, address, _folder: folder })
    }
}

fn settings(kind: Kind, address: SocketAddr, upstream: SocketAddr) -> String {
    let forward = format!(
        "proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
         proxy_set_header Host $host; proxy_set_header Authorization \"\"; proxy_set_header X-Api-Key \"{KEY}\";"
    );
    let locations = match kind {
        Kind::Return => {
            "location / { default_type application/json; return 200 '{\"ok\":true,\"item\":7}'; }".to_owned()
        }
        Kind::Inject => format!("location / {{ {forward} }}"),
        Kind::Ask => format!(
            "location / {{ auth_request /ask; {forward} }}
             location = /ask {{ internal; proxy_pass http://upstream; proxy_http_version 1.1;
               proxy_set_header Connection \"\"; proxy_set_header Content-Length \"\"; \
               proxy_pass_request_body off; }}"
        ),
    };
    format!(
        "daemon off; master_process off; worker_processes 1; pid nginx.pid;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi; keepalive_requests 100000000; proxy_max_temp_file_size 0;
  upstream upstream {{ server {upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{ listen {address} backlog=4096; {locations} }}
}}
"
    )
}
