//! The subcommands, one file each.

// A command line speaks on its standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod alive;
mod ask;
mod backup;
mod bench;
mod bounce;
mod demo;
mod demo_certificate;
pub mod deployment;
mod device_ca;
mod disclose;
pub mod doctor;
mod drill;
mod egress;
mod enlist;
mod incident;
mod init;
mod log;
pub mod maintain;
mod migrate;
mod mode;
mod operator;
mod place;
mod restore;
mod serve;
mod supervised;
mod tls_sheet;
mod upgrade_check;
mod vault;
pub mod verify;
mod verify_log;
mod verify_quarantine;
mod watching;
pub mod which;
mod why;
pub mod witness;

pub use serve::{Running, open, start};

#[derive(Debug, Parser)]
#[command(name = "renkei", version, about = "A closed social network for medical and care teams")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server: against the database of a configuration file, or with its own in a folder.
    Serve(which::Which),
    /// Makes an installation on one machine, in one folder, up to its first facility.
    Init(init::Init),
    /// Runs the product on a private PostgreSQL with a sample region, in one folder.
    Demo(demo::Demo),
    /// Applies missing migrations, or prints what a database administrator runs once.
    Migrate(migrate::Migrate),
    /// Makes a facility with its first admin.
    Enlist(enlist::Enlist),
    /// Makes an operator, or ends one's access.
    Operator(operator::Operator),
    /// Makes, lists, proves and exports backups, and keeps their keys.
    Backup(backup::Backup),
    /// Brings a deployment back as it was at a moment, and says what is back and what is not.
    Restore(restore::Restore),
    /// Pulls backups to where the database's host cannot reach, and makes them immutable.
    Vault(vault::Vault),
    /// Sets or shows how much of the service there is: normal, read-only, sign-in stopped, stopped.
    Mode(mode::Mode),
    /// The authority of device certificates.
    DeviceCa(device_ca::DeviceCa),
    /// Opens the door of a facility whose own policy has shut it out.
    SignInPolicy(device_ca::SignInPolicy),
    /// Walks a drill of an incident through its clocks.
    Incident(incident::Incident),
    /// Writes the safety-management disclosure of this deployment as Markdown, JSON or PDF.
    Disclose(disclose::Disclose),
    /// Recomputes every chain and every file's digest; names the first bad record.
    Verify(verify::Verify),
    /// What a person decides about the log of the record.
    Log(log::Log),
    /// Watches the logs of other deployments and cosigns what follows from what it has seen.
    Witness(witness::Witness),
    /// Does what an approved work order allows, in its time: looks at ids, counts and states of one facility, rescans a file.
    Maintain(maintain::Maintain),
    /// Takes one message from the mail server's pipe: a report that a letter of ours could not be delivered.
    Bounce(bounce::Bounce),
    /// Says why somebody can or cannot see a group.
    Why(why::Why),
    /// Looks at everything that the deployment stands on; says what is not well, where, and how to mend it.
    Doctor(doctor::Doctor),
    /// What the deployment is made of: shows what differs from what was accepted, or accepts what is there.
    Fingerprint(watching::Fingerprint),
    /// A file that is given up when the disk is full.
    Ballast(watching::Ballast),
    /// Says that the clock is right although it has jumped, so that records are taken again.
    AcceptClock(which::Which),
    /// A node that is gone for good is no longer missed.
    ForgetNode(watching::ForgetNode),
    /// Prints every host that the product calls by itself: the allow-list of a firewall.
    Egress(which::Which),
    /// Says what the missing migrations will do, how long that takes here, and whether this is a good moment.
    UpgradeCheck(upgrade_check::UpgradeCheck),
    /// Asks the server of this configuration whether it answers; for the health check of a container.
    Alive(which::Which),
    /// Measures posting, reading and live delivery beside the raw database transaction.
    Bench(bench::Bench),
    /// Prints the present code of an authenticator's key (Base32), for demos.
    Code { key: String },
    /// Prints the filled TLS checklist, each answer beside what was measured.
    TlsSheet(tls_sheet::TlsSheet),
    /// Prints the commented example configuration.
    ExampleConfig,
}

pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return bounce::unreadable(&error).unwrap_or_else(|| error.exit()),
    };
    init_logs(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("renkei: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        let done = match cli.command {
            // Its exit codes are the mail server's.
            Command::Bounce(options) => return Ok(bounce::bounce(options).await),
            Command::Serve(which) => serve::serve(which).await,
            Command::Init(options) => init::init(options).await,
            Command::Demo(options) => demo::demo(options).await,
            Command::Migrate(options) => migrate::migrate(options).await,
            Command::Enlist(options) => enlist::enlist(options).await,
            Command::Operator(options) => operator::operator(options).await,
            Command::Backup(options) => backup::backup(options).await,
            Command::Restore(options) => restore::restore(options).await,
            Command::Vault(options) => vault::vault(options).await,
            Command::Mode(options) => mode::mode(options).await,
            Command::DeviceCa(options) => device_ca::device_ca(options).await,
            Command::SignInPolicy(options) => device_ca::sign_in_policy(options).await,
            Command::Incident(options) => incident::incident(options).await,
            Command::Disclose(options) => disclose::disclose(options).await,
            Command::Verify(options) => verify::verify(options).await,
            Command::Log(options) => log::log(options).await,
            Command::Witness(options) => witness::witness(options).await,
            Command::Maintain(options) => maintain::maintain(options).await,
            Command::Why(options) => why::why(options).await,
            Command::Doctor(options) => doctor::doctor(options).await,
            Command::Fingerprint(options) => watching::fingerprint(options).await,
            Command::Ballast(options) => watching::ballast(&options),
            Command::AcceptClock(which) => watching::accept_clock(&which).await,
            Command::ForgetNode(options) => watching::forget_node(options).await,
            Command::Egress(which) => egress::egress(&which),
            Command::UpgradeCheck(options) => upgrade_check::upgrade_check(options).await,
            Command::Alive(which) => alive::alive(&which).await,
            Command::Bench(options) => bench::bench(options).await,
            Command::TlsSheet(options) => tls_sheet::tls_sheet(&options),
            Command::Code { key } => code(&key),
            Command::ExampleConfig => {
                print!("{}", crate::config::example());
                Ok(())
            }
        };
        done.map(|()| ExitCode::SUCCESS)
    });
    match result {
        Ok(code) => code,
        // The word "internal" is for the answers of the server.
        Err(crate::Error::Internal(why)) => {
            eprintln!("renkei: {why}");
            ExitCode::FAILURE
        }
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

/// JSON lines on standard error; `RUST_LOG` chooses. Never a body, a name or an address. A command that somebody waits
/// for at a terminal tells of trouble alone.
fn init_logs(command: &Command) {
    let usual = match command {
        Command::Serve(_) | Command::Demo(_) | Command::Bench(_) => {
            "info,tokio_postgres=warn,memory_serve=warn"
        }
        _ => "warn",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| usual.into());
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
