//! `renkei bounce`: one message from the mail server's pipe. Says what it did by its exit code alone (sysexits.h), which the mail server
//! acts on: what it prints would go into mail.

use std::{
    io::{self, Read as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use tokio_postgres::Client;

use super::which::{self, Which};
use crate::{
    Error, Result,
    config::Database,
    db,
    mail::{
        self,
        report::{self, Read, Said},
    },
};

/// Taken, whether or not it changed anything.
const TAKEN: u8 = 0;
/// `EX_DATAERR`: not for this address. The mail server tells the sender.
const NOT_A_REPORT: u8 = 65;
/// `EX_TEMPFAIL`: the mail server keeps it and tries again.
const LATER: u8 = 75;
/// A database that does not answer is away.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub struct Bounce {
    /// The address that the message came to; without it the message's head is asked (X-Original-To, Delivered-To, To).
    recipient: Option<String>,
    /// A file with the URL of the role `renkei_bounce` and nothing else: for a user of the mail server's own, who may not read the settings.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
    /// PEM: the authorities that the database of --url-file is recognised by. Without it: the system's.
    #[arg(long, value_name = "FILE", requires = "url_file")]
    root_certificate: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

pub async fn bounce(options: Bounce) -> ExitCode {
    // What a parser stumbles over would stand in its last words.
    std::panic::set_hook(Box::new(|_| {}));
    // Nothing else happens in this process meanwhile.
    let code = match whole(io::stdin().lock()) {
        Ok(Some(message)) => match tokio::time::timeout(PATIENCE, take(&options, &message)).await {
            Ok(Ok(code)) => code,
            Ok(Err(_)) | Err(_) => later(),
        },
        Ok(None) => NOT_A_REPORT,
        Err(_) => later(),
    };
    ExitCode::from(code)
}

/// Of a command line that cannot be read, as after a binary was rolled back: the mail server keeps the report and tries again.
pub fn unreadable(error: &clap::Error) -> Option<ExitCode> {
    let asked = std::env::args().nth(1).is_some_and(|act| act == "bounce") && error.use_stderr();
    asked.then(|| ExitCode::from(LATER))
}

/// Whatever is wrong here is no reason to lose a report. Nothing of an error is printed: it may hold a URL.
fn later() -> u8 {
    eprintln!("renkei: the report cannot be noted now; the settings or the database are not there");
    LATER
}

async fn take(options: &Bounce, message: &[u8]) -> Result<u8> {
    let (said, in_head) = match report::read(message) {
        Read::Report { said, token } => (said, token),
        // Not answered: a program that answers programs is how a loop begins.
        Read::Automatic => return Ok(TAKEN),
        Read::Other => return Ok(NOT_A_REPORT),
        Read::Broken => return Ok(later()),
    };
    let token = options.recipient.as_deref().and_then(report::token_in).or(in_head);
    let (Some(token), Said::Failed | Said::Delayed) = (token, said) else { return Ok(TAKEN) };
    let done = mail::returned(&connect(options).await?, &token, said == Said::Failed).await?;
    tracing::info!(done, "a report on a letter");
    Ok(TAKEN)
}

/// `None` where it is larger than a report. It is read to its end in any case, as the mail server expects.
fn whole(mut input: impl io::Read) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let limit = report::LARGEST as u64 + 1;
    input.by_ref().take(limit).read_to_end(&mut message)?;
    io::copy(&mut input, &mut io::sink())?;
    Ok(Some(message).filter(|message| message.len() <= report::LARGEST))
}

async fn connect(options: &Bounce) -> Result<Client> {
    let Some(file) = &options.url_file else {
        return which::connect(&options.which.load()?, "renkei_bounce").await;
    };
    let url = std::fs::read_to_string(file).map_err(Error::internal)?;
    let root_certificate = options.root_certificate.clone().unwrap_or_default();
    let database = Database { bounce: url.trim().to_owned(), root_certificate, ..Database::default() };
    db::Tls::of(&database)?.connect(&db::address(&database.bounce)?).await
}
