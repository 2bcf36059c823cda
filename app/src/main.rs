//! The one binary.

fn main() -> std::process::ExitCode {
    renkei::cli::main()
}
