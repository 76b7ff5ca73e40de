//! The program with TLS and behind a proxy, as an operator starts it.

use super::{
    ask, ask_on, get, status,
    tls::{connect, write_pair},
};
use crate::cli::{Operator, Serving};
use std::{fs, net::SocketAddr, path::Path};

fn address(serving: &Serving) -> SocketAddr {
    serving.greeting.trim_end().rsplit('/').next().unwrap().parse().unwrap()
}

#[test]
fn what_would_be_in_the_open_is_refused_at_the_start() {
    let operator = Operator::new();
    let told = operator.bad(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(told.contains("--listen: 0.0.0.0:0 can be reached from other machines"), "{told}");
    assert!(!operator.path("data").exists(), "nothing was made");
    let told = operator.bad(&["serve", "--tls-cert", "cert.pem"]);
    assert!(told.contains("--tls-cert: --tls-cert and --tls-key belong together"), "{told}");
    let told = operator.bad(&["serve", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(told.contains("TLS: cert.pem: No such file"), "{told}");
    let told = operator.bad(&["serve", "--trusted-proxy", "proxy.example"]);
    assert!(told.contains("--trusted-proxy: \"proxy.example\" is neither"), "{told}");
    for on_purpose in
        [["--plain-http"].as_slice(), &["--trusted-proxy", "10.0.0.1", "--trusted-proxy", "::1"]]
    {
        let args = [&["serve", "--listen", "0.0.0.0:0"], on_purpose].concat();
        let (_, log) = Serving::start(operator.command(&args)).stop();
        let warned = log.contains("plain http with other machines");
        assert_eq!(warned, on_purpose == ["--plain-http"], "{log}");
    }
}

#[tokio::test]
async fn tls_of_its_own() {
    let operator = Operator::new();
    let key = operator.write("key.pem", "");
    let folder = Path::new(&key).parent().unwrap();
    let first = write_pair(folder);
    let args = ["serve", "--listen", "127.0.0.1:0", "--public-url", "https://localhost"];
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let serving = Serving::start(operator.command(&[args.as_slice(), &tls].concat()));
    assert!(serving.greeting.contains("listening on https://127.0.0.1:"), "{}", serving.greeting);
    let address = address(&serving);
    let mut stream = connect(address, &first).await.unwrap();
    let answer = ask_on(&mut stream, &get("/livez", "Host: localhost\r\n")).await.unwrap();
    assert!(status(&answer) == "200" && answer.contains("strict-transport-security: max-age="), "{answer}");

    // What is broken changes nothing.
    fs::write(folder.join("cert.pem"), "half").unwrap();
    let hang_up = || {
        let pid = nix::unistd::Pid::from_raw(serving.child.id().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGHUP).unwrap();
    };
    hang_up();
    connect(address, &first).await.unwrap();
    let second = write_pair(folder);
    hang_up();
    let mut tries = 0;
    while connect(address, &second).await.is_err() {
        tries += 1;
        assert!(tries < 1_000, "the new certificate is not used");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let (_, log) = serving.stop();
    assert!(log.contains("the old one stays in use") && log.contains("was read again"), "{log}");
}

#[tokio::test]
async fn behind_a_proxy() {
    let operator = Operator::new();
    let args = ["serve", "--listen", "127.0.0.1:0", "--public-url", "https://sign.example"];
    let serving =
        Serving::start(operator.command(&[args.as_slice(), &["--trusted-proxy", "127.0.0.1"]].concat()));
    let address = address(&serving);
    let through = |proto: &str, more: &str| {
        let headers = format!("Host: sign.example\r\nX-Forwarded-Proto: {proto}\r\n{more}");
        get("/sign-in?t=1", &headers)
    };
    let answer = ask(address, &through("https", "")).await;
    assert!(status(&answer) == "200" && answer.contains("strict-transport-security: max-age="), "{answer}");
    let answer = ask(address, &through("http", "Accept: text/html\r\n")).await;
    assert!(answer.contains("location: https://sign.example/sign-in?t=1\r\n"), "{answer}");
    assert_eq!(status(&answer), "308");
    let answer = ask(address, &through("http", "")).await;
    assert!(status(&answer) == "403" && answer.contains("replace the credential"), "{answer}");
    serving.stop();
}
