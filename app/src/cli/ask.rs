//! Questions on the terminal. From a pipe the answers are read line by line, so that an installation can be scripted.

use std::io::{IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{Error, Result};

/// What was given on the command line, or else one line from standard input.
pub fn given_or_asked(given: Option<String>, question: &str) -> Result<String> {
    given.map_or_else(|| asked(question), Ok)
}

/// One line from standard input.
pub fn asked(question: &str) -> Result<String> {
    eprint!("{question}: ");
    let _ = std::io::stderr().flush();
    let mut typed = String::new();
    if std::io::stdin().read_line(&mut typed).map_err(Error::internal)? == 0 {
        return Err(Error::Internal(format!("no answer to: {question}")));
    }
    Ok(typed.trim_end_matches(['\n', '\r']).to_owned())
}

/// As [`asked`], without showing on the terminal what is typed.
pub fn asked_in_secret(question: &str) -> Result<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return asked(question);
    }
    let before = tcgetattr(&stdin).map_err(Error::internal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &silent).map_err(Error::internal)?;
    let typed = asked(question);
    tcsetattr(&stdin, OptionalActions::Now, &before).map_err(Error::internal)?;
    eprintln!();
    typed
}
