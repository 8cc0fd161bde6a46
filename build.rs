//! Compiles `grammar/proc.lalrpop` into the parser, and on Linux asks for a program at a fixed address; does nothing else.

fn main() {
    println!("cargo::rerun-if-changed=grammar/proc.lalrpop");
    if let Err(error) = lalrpop::Configuration::new().set_in_dir("grammar").emit_rerun_directives(false).process() {
        eprintln!("{error}");
        std::process::exit(1);
    }
    // A program that may lie anywhere has ten thousand addresses to correct before its first line, and copies the 76 pages on which
    // they stand: a third of what a run of a moment costs. There is no unsafe code here for which a place nobody knows would be a
    // defence.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
