//! The image: its last stage, put together without Docker.

use super::{
    ROOT_KEY, packaged,
    sandbox::{Running, Sandbox, get, libraries},
};
use std::{collections::BTreeMap, fs, path::Path};

/// What the last stage says.
#[derive(Default)]
pub struct Stage {
    pub base: String,
    copies: Vec<(String, String)>,
    pub environment: BTreeMap<String, String>,
    pub volumes: Vec<String>,
    pub user: u32,
    pub command: Vec<String>,
    pub health: Vec<String>,
    others: Vec<String>,
}

/// Reads the Dockerfile from its last FROM on.
pub fn stage() -> Stage {
    let text = packaged("Dockerfile").1.replace("\\\n", " ");
    let mut stage = Stage::default();
    for line in text.lines().filter(|it| !it.starts_with('#') && !it.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap();
        let list = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
        match word {
            "FROM" => stage = Stage { base: rest.to_owned(), ..Stage::default() },
            "COPY" => {
                let mut paths = rest.split_whitespace().filter(|it| !it.starts_with("--"));
                let both = (paths.next().unwrap().to_owned(), paths.next().unwrap().to_owned());
                stage.copies.push(both);
            }
            "ENV" => {
                let pairs = rest.split_whitespace().map(|pair| pair.split_once('=').unwrap());
                stage.environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "VOLUME" => stage.volumes.push(rest.to_owned()),
            "USER" => stage.user = rest.split(':').next().unwrap().parse().unwrap(),
            "ENTRYPOINT" | "CMD" => stage.command.extend(list(rest)),
            "HEALTHCHECK" => stage.health = list(rest.split_once(" CMD ").unwrap().1),
            other => stage.others.push(other.to_owned()),
        }
    }
    stage
}

impl Stage {
    /// The file system of the image, with these secrets and more environment.
    pub fn sandbox(
        &self,
        environment: &BTreeMap<String, String>,
        secrets: &[(String, &str)],
    ) -> Option<Sandbox> {
        let mut sandbox = Sandbox::new(self.user, &self.command[0])?;
        for (from, to) in &self.copies {
            match from.as_str() {
                "/src/target/dist/countersign-broker" => assert_eq!(to, &self.command[0]),
                "/src/target/site" => {
                    // Where the wasm half is not built, its place is taken.
                    fs::write(sandbox.folder(&format!("{to}/pkg")).join("ui.js"), "").unwrap();
                }
                "/state" => assert!(self.volumes.contains(to), "{to}"),
                other => panic!("nothing is known of {other}"),
            }
        }
        for volume in &self.volumes {
            sandbox.writable(volume);
        }
        for (name, text) in secrets {
            sandbox.secret(&format!("/run/secrets/{name}"), text);
        }
        sandbox.environment.extend(self.environment.clone());
        sandbox.environment.extend(environment.clone());
        // Port 8420 may be taken here.
        let listen = sandbox.environment["COUNTERSIGN_LISTEN"].replace(":8420", ":0");
        sandbox.environment.insert("COUNTERSIGN_LISTEN".to_owned(), listen);
        Some(sandbox)
    }

    /// That what was started is well by the image's own measure.
    pub fn is_healthy(&self, running: &Running, said: &str) {
        let health: Vec<&str> = self.health.iter().map(String::as_str).collect();
        let output = running.run(&health);
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"sealed\":false"), "{output:?}");
        assert!(get(said, "/pkg/ui.js").starts_with("HTTP/1.1 200"), "the pages' scripts are there");
    }
}

#[test]
fn the_last_stage_has_no_shell_no_root_and_what_the_program_needs() {
    let stage = stage();
    assert_eq!(stage.base, "gcr.io/distroless/cc-debian12:nonroot");
    // The C library that it is built against is the one that it runs with.
    assert!(packaged("Dockerfile").1.contains("-bookworm AS build"));
    assert!(
        stage.user >= 1_000 && stage.others.iter().all(|it| !["RUN", "ADD", "SHELL"].contains(&it.as_str()))
    );
    assert_eq!(
        (stage.command[0].as_str(), stage.health[0].as_str()),
        ("/usr/bin/countersign-broker", "/usr/bin/countersign-broker")
    );
    // What distroless/cc has.
    let there = [
        "libc.so.6",
        "libm.so.6",
        "libgcc_s.so.1",
        "libstdc++.so.6",
        "libdl.so.2",
        "libpthread.so.0",
        "librt.so.1",
    ];
    for name in libraries().into_keys().filter(|it| !it.starts_with("ld-linux")) {
        assert!(there.contains(&name.as_str()), "{name} is not in the image");
    }
    assert!(Path::new(&stage.environment["STATE_DIRECTORY"]).is_absolute());
    assert!(stage.volumes.contains(&stage.environment["STATE_DIRECTORY"]));
}

#[test]
fn it_starts_read_only_and_without_rights() {
    let stage = stage();
    let environment =
        [("COUNTERSIGN_PLAIN_HTTP", "allowed")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let secrets = [("countersign-root-key".to_owned(), ROOT_KEY)];
    let Some(sandbox) = stage.sandbox(&environment.into(), &secrets) else { return };
    let (running, said) = sandbox.start(&stage.command);
    running.is_confined();
    stage.is_healthy(&running, &said);
    running.stop();
}
