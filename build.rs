//! Compiles `grammar/proc.lalrpop` into the parser; does nothing else.

fn main() {
    println!("cargo::rerun-if-changed=grammar/proc.lalrpop");
    if let Err(error) = lalrpop::Configuration::new().set_in_dir("grammar").emit_rerun_directives(false).process() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
