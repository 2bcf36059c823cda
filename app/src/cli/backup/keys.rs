//! `renkei backup keys split|join`: master key and backup key in three shares, of which two restore them.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use crate::{Error, Result, cli::which::Which};

const NEEDED: u8 = 2;
const SHARES: u8 = 3;
/// Before each key's text in what is split.
const MARK: &str = "== ";

#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Writes three pages, one for each holder. Any two restore the keys, one alone tells nothing.
    Split {
        #[command(flatten)]
        which: Which,
        /// Folder for the pages: best a stick that is not kept with this machine.
        #[arg(long)]
        into: PathBuf,
    },
    /// Makes the key files again from two pages.
    Join {
        /// The pages, or files with the letters typed in.
        #[arg(required = true, num_args = 1..)]
        pages: Vec<PathBuf>,
        /// Folder for `master` and `backup`; nothing in it is overwritten.
        #[arg(long)]
        into: PathBuf,
    },
}

pub fn keys(options: Keys) -> Result<()> {
    match options.act {
        Act::Split { which, into } => split(&which, &into),
        Act::Join { pages, into } => join(&pages, &into),
    }
}

fn split(which: &Which, into: &Path) -> Result<()> {
    let config = which.load()?;
    let mut secret = Zeroizing::new(String::new());
    for (name, file) in [("master", &config.master_key_file), ("backup", &config.backup.key_file)] {
        let text =
            fs::read_to_string(file).map_err(|e| Error::Internal(format!("{}: {e}", file.display())))?;
        let text = Zeroizing::new(text);
        secret.push_str(&format!("{MARK}{name}\n{}\n", text.trim_end()));
    }
    let shares = shares::split(secret.as_bytes(), NEEDED, SHARES).map_err(Error::internal)?;
    fs::create_dir_all(into).map_err(Error::internal)?;
    for (n, share) in shares.iter().enumerate() {
        let file = into.join(format!("share-{}-of-{SHARES}.txt", n + 1));
        write_new(&file, &page(n + 1, share))?;
        println!("{}", file.display());
    }
    println!(
        "give each page to another person, print it, and remove the files; any {NEEDED} of them restore the keys"
    );
    Ok(())
}

fn page(number: usize, share: &str) -> String {
    format!(
        "Renkei — share {number} of {SHARES} of the master key and the backup key\n\n\
         Any {NEEDED} shares restore both keys; one alone tells nothing. Keep this page where nobody finds two of them.\n\
         To restore: renkei backup keys join PAGE PAGE --into FOLDER\n\
         A damaged or mistyped share is recognised. Spaces, line breaks and small letters do not matter.\n\n\
         ---- share begins ----\n{share}\n---- share ends ----\n"
    )
}

fn join(pages: &[PathBuf], into: &Path) -> Result<()> {
    let mut texts = Vec::new();
    for page in pages {
        let text =
            fs::read_to_string(page).map_err(|e| Error::Internal(format!("{}: {e}", page.display())))?;
        texts.push(Zeroizing::new(letters(&text).to_owned()));
    }
    let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
    let secret = shares::join(&texts).map_err(|error| Error::Internal(error.to_string()))?;
    let secret = std::str::from_utf8(&secret).map_err(Error::internal)?;
    fs::create_dir_all(into).map_err(Error::internal)?;
    for part in secret.split(MARK).filter(|part| !part.is_empty()) {
        let (name, text) =
            part.split_once('\n').ok_or_else(|| Error::Internal("the shares hold no keys".into()))?;
        if !matches!(name, "master" | "backup") {
            return Err(Error::Internal("the shares hold something else than Renkei's keys".into()));
        }
        let file = into.join(name);
        write_new(&file, text)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// The share itself, where a whole page was given.
fn letters(text: &str) -> &str {
    let begin = text.split_once("share begins ----").map_or(text, |(_, rest)| rest);
    begin.split_once("---- share ends").map_or(begin, |(share, _)| share)
}

fn write_new(file: &Path, text: &str) -> Result<()> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()));
    written.map_err(|e| Error::Internal(format!("{}: {e}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_found_on_its_page_and_alone() {
        assert_eq!(letters(&page(1, "ABCDE FGHIJ")).trim(), "ABCDE FGHIJ");
        assert_eq!(letters("ABCDE"), "ABCDE");
    }
}
