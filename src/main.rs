//! The program `proc`.

fn main() -> std::process::ExitCode {
    proclang::cli::main()
}
