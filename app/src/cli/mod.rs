//! The subcommands, one file each.

// A command line speaks on its standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod serve;

pub use serve::{Running, open, start};

#[derive(Debug, Parser)]
#[command(name = "renkei", version, about = "A closed social network for medical and care teams")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server against the database of a configuration file.
    Serve {
        #[arg(long)]
        config: PathBuf,
    },
    /// Prints the commented example configuration.
    ExampleConfig,
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    init_logs();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("renkei: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve { config } => serve::serve(&config).await,
            Command::ExampleConfig => {
                print!("{}", crate::config::example());
                Ok(())
            }
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("renkei: {error}");
            ExitCode::FAILURE
        }
    }
}

/// JSON lines on standard error; `RUST_LOG` chooses. Never a body, a name or an address.
fn init_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,tokio_postgres=warn".into());
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
