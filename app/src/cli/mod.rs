//! The subcommands, one file each.

// A command line speaks on its standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod bench;
mod demo;
pub mod deployment;
mod enlist;
mod incident;
mod migrate;
mod mode;
mod operator;
mod place;
mod serve;
pub mod verify;

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
    /// Runs the product on a private PostgreSQL with a sample region, in one folder.
    Demo(demo::Demo),
    /// Applies missing migrations, or prints what a database administrator runs once.
    Migrate(migrate::Migrate),
    /// Makes a facility with its first admin.
    Enlist(enlist::Enlist),
    /// Makes an operator, or ends one's access.
    Operator(operator::Operator),
    /// Sets or shows how much of the service there is: normal, read-only, sign-in stopped, stopped.
    Mode(mode::Mode),
    /// Walks a drill of an incident through its clocks.
    Incident(incident::Incident),
    /// Recomputes every chain and every file's digest; names the first bad record.
    Verify(verify::Verify),
    /// Measures posting, reading and live delivery beside the raw database transaction.
    Bench(bench::Bench),
    /// Prints the present code of an authenticator's key (Base32), for demos.
    Code { key: String },
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
            Command::Demo(options) => demo::demo(options).await,
            Command::Migrate(options) => migrate::migrate(options).await,
            Command::Enlist(options) => enlist::enlist(options).await,
            Command::Operator(options) => operator::operator(options).await,
            Command::Mode(options) => mode::mode(options).await,
            Command::Incident(options) => incident::incident(options).await,
            Command::Verify(options) => verify::verify(options).await,
            Command::Bench(options) => bench::bench(options).await,
            Command::Code { key } => code(&key),
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

fn code(key: &str) -> crate::Result<()> {
    let key: String = key.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let secret = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).map_err(crate::Error::internal)?;
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    println!("{}", crate::auth::totp::code_at(&secret, now)?);
    Ok(())
}

/// JSON lines on standard error; `RUST_LOG` chooses. Never a body, a name or an address.
fn init_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,tokio_postgres=warn,memory_serve=warn".into());
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
