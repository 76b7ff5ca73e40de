//! The broker is started with another root key and with a damaged one: it says what is wrong and changes nothing.
//! Without any it serves pages and revocations, and no calls.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Fault, Lab, RESTART, Tally};
use crate::load::Load;
use crate::probe::Probe;
use crate::stage::{Installation, Start};

pub const FAULT: Fault = Fault {
    name: "root-key",
    about: "a start with another installation's root key, with a damaged one, and without any",
    needs: &[],
    root: false,
    times: (1, 2),
    run: |lab| Box::pin(run(lab)),
};

async fn run(lab: &mut Lab) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut it = Installation::set_up(&lab.program, None).await?;
    let mut stranger = Installation::set_up(&lab.program, None).await?;
    stranger.broker.kill();
    let file = it.broker.data().join("root.key");
    let right = fs::read(&file)?;
    let other = fs::read(stranger.broker.data().join("root.key"))?;
    let wrong = [("another", other), ("a damaged", b"not a key\n".to_vec())];
    for _ in 0..lab.times {
        for (name, key) in &wrong {
            let load = Load::start(&it, &it.broker, &mut lab.random)?;
            load.stop().await;
            it.broker.kill();
            put(&file, Some(key))?;
            let said = it.broker.start_in_vain(&Start::default()).await;
            match said.with_context(|| format!("with {name} root key")) {
                Ok(said) if !said.contains("root key") => {
                    tally.violations.push(format!("with {name} root key it says only: {}", said.trim()));
                }
                Ok(_) => {}
                Err(error) => tally.violations.push(format!("{error:#}")),
            }
            it.broker.kill();
            put(&file, Some(&right))?;
            tally.tries += 1;
            tally.returned(it.broker.start(&Start::default()).await?, RESTART);
        }
        let mut probe = Probe::new(&it, &it.broker, &mut lab.random).await?;
        it.broker.kill();
        put(&file, None)?;
        tally.tries += 1;
        tally.returned(it.broker.start(&Start::default()).await?, RESTART);
        if probe.call().await.is_ok() {
            tally.violations.push("a call went through without a root key".to_owned());
        }
        probe.revoke_at(&it, &it.broker).await.context("a revocation without a root key")?;
        it.broker.kill();
        put(&file, Some(&right))?;
        tally.returned(it.broker.start(&Start::default()).await?, RESTART);
    }
    tally.conclude(&mut it, &mut lab.random).await?;
    Ok(tally)
}

fn put(file: &Path, key: Option<&[u8]>) -> Result<()> {
    if file.exists() {
        fs::remove_file(file)?;
    }
    let Some(key) = key else { return Ok(()) };
    fs::write(file, key)?;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o400))?)
}
