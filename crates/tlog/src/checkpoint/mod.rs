//! What a log signs, after [C2SP tlog-checkpoint](https://c2sp.org/tlog-checkpoint), and what a witness adds, after
//! [C2SP tlog-cosignature](https://c2sp.org/tlog-cosignature) (cosignature/v1, Ed25519).
//!
//! ```text
//! renkei.example/log          origin: which log
//! 20852163                    how many leaves
//! CsUYapGGPo4dkMgIAUqom/…=    root, base64
//! …                           extension lines, if any; not empty
//! ```

mod cosign;

use std::fmt;

use crate::Hash;
use crate::note::{BadNote, NotSigned, Note, Signer, VerifyKey, Vouched};

pub use cosign::{Cosigner, NoTime};

/// The state of a log: how many leaves, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Not a checkpoint's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: three lines of origin, size and root, and no empty line")]
pub struct NotACheckpoint;

/// Why a checkpoint is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is no note.
    #[error(transparent)]
    Note(#[from] BadNote),
    /// The note's text is no checkpoint.
    #[error(transparent)]
    Text(#[from] NotACheckpoint),
    /// It is another log's.
    #[error("the checkpoint is of another log")]
    Origin,
    /// The log has not signed it.
    #[error(transparent)]
    Signature(#[from] NotSigned),
}

/// A checkpoint that its log has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'k> {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// As it came.
    pub note: Note,
    /// Which of the given keys have signed.
    pub by: Vec<Vouched<'k>>,
}

impl Checkpoint {
    /// The state of the log `origin`.
    ///
    /// # Errors
    /// [`NotACheckpoint`] for an origin that is empty or more than a line, or a size of 2^63 and more.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Result<Self, NotACheckpoint> {
        Self::with_extensions(origin, size, root, Vec::new())
    }

    /// The same, with lines of one's own. They are signed, but no proof covers what they say.
    ///
    /// # Errors
    /// [`NotACheckpoint`], also for a line that is empty or more than one.
    pub fn with_extensions(
        origin: impl Into<String>,
        size: u64,
        root: Hash,
        extensions: Vec<String>,
    ) -> Result<Self, NotACheckpoint> {
        let checkpoint = Self { origin: origin.into(), size, root, extensions };
        let lines = [&checkpoint.origin].into_iter().chain(&checkpoint.extensions);
        if lines.into_iter().any(|line| !is_line(line)) || i64::try_from(size).is_err() {
            return Err(NotACheckpoint);
        }
        Ok(checkpoint)
    }

    /// Reads a note's text, strictly: what is read prints as the same text.
    ///
    /// # Errors
    /// [`NotACheckpoint`].
    pub fn parse(text: &str) -> Result<Self, NotACheckpoint> {
        let mut lines = text.strip_suffix('\n').ok_or(NotACheckpoint)?.split('\n');
        let mut next = || lines.next().ok_or(NotACheckpoint);
        let (origin, size, root) = (next()?, next()?, next()?);
        let size = decimal(size).ok_or(NotACheckpoint)?;
        let root = root.parse().map_err(|_| NotACheckpoint)?;
        Self::with_extensions(origin, size, root, lines.map(str::to_owned).collect())
    }

    /// Reads a note for what it says, whoever has signed it.
    ///
    /// # Errors
    /// [`Refused::Note`] and [`Refused::Text`].
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        Ok(Self::parse(Note::parse(bytes)?.text())?)
    }

    /// Reads a checkpoint that one of `keys` has signed, of the log `origin`. Keys of witnesses may stand among them: whoever wants
    /// the log's own signature looks for it in [`Opened::by`], or gives its keys only.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn open<'k>(bytes: &[u8], origin: &str, keys: &'k [VerifyKey]) -> Result<Opened<'k>, Refused> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(Refused::Origin);
        }
        let by = note.verify(keys)?;
        Ok(Opened { checkpoint, note, by })
    }

    /// The signed note. A log signs only what follows from all that it has signed before.
    pub fn sign(&self, signer: &Signer) -> Note {
        let mut note = Note::new(self.to_string()).expect("lines of text make a note");
        note.sign(signer);
        note
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves; less than 2^63.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The lines after the root.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

/// The text that is signed, with its last newline.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A line that can stand in a note.
fn is_line(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|c| c >= ' ')
}

/// A whole number in its one spelling: digits, no zero before others.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
