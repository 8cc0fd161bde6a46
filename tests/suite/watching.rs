//! A person at a terminal watches an exploration: how it goes is shown, and Ctrl-C ends it with what is known. The terminal is one of
//! `script`; without that program the test is listed as ignored.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use super::case::{program, root};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success());
    vec![trial("explore/watched-on-a-terminal", watch).with_ignored_flag(!has_script)]
}

fn watch() {
    let model = root().join("benches/spin/mutex.proc");
    // `exec`, so that no shell stays between: one that waited would die of the key too, and its status would hide that of `proc`.
    let explore = format!("exec '{}' explore --reduction=none --jobs=1 '{}'", program(), model.display());
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &explore, "/dev/null"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script starts");
    let mut keys = child.stdin.take().expect("its input is a pipe");
    let mut screen = child.stdout.take().expect("its output is a pipe");
    let (sender, receiver) = channel();
    let reader = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut shown = Vec::new();
    let (began, mut pressed) = (Instant::now(), false);
    while began.elapsed() < Duration::from_secs(50) {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(bytes) => shown.extend(bytes),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
        let text = String::from_utf8_lossy(&shown);
        if !pressed && text.contains("outputs") {
            pressed = true;
            keys.write_all(b"\x03").and_then(|()| keys.flush()).expect("the terminal takes a key");
        }
    }
    let status = child.wait().expect("script ends");
    let _ = reader.join();
    let text = String::from_utf8_lossy(&shown);
    for part in ["states", "/s", "steps", "depth", "frontier", "outputs"] {
        assert!(text.contains(part), "{part} is not shown: {text}");
    }
    assert!(pressed && text.contains("not decided: it was interrupted"), "{text}");
    assert!(text.contains("not every schedule was looked at"), "{text}");
    assert_eq!(status.code(), Some(2), "{text}");
}
