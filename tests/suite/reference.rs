//! What the docs say of the tables is what the tables say.

use libtest_mimic::Trial;
use proclang::abi::reference;

use super::case::root;
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("reference/built-ins", built_ins)]
}

fn built_ins() {
    let path = root().join("docs/built-ins.md");
    let made = reference::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).expect("docs/built-ins.md can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/built-ins.md is not what the tables say; write it anew with UPDATE_DOCS=1");
}
