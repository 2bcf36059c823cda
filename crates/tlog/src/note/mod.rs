//! Texts signed by one or more keys, after [C2SP signed-note](https://c2sp.org/signed-note).
//!
//! ```text
//! text, one or more lines, each ending in a newline
//!
//! — key name base64(key id (4) ‖ signature)
//! ```
//!
//! A note's text means nothing before [`Note::verify`] has named a key that the caller trusts for it. Two kinds of signature
//! are known ([`Algorithm`]); lines of others are carried along and ignored.

mod key;

use std::fmt;

use data_encoding::BASE64;

pub(crate) use key::cosigned;
pub use key::{Algorithm, BadKey, Signer, VerifyKey};

/// Bytes of a note. The standard asks for 16 signatures at least, and a post-quantum one may have 5 kB.
pub const MAX_BYTES: usize = 256 * 1024;
/// Signatures of a note.
pub const MAX_SIGNATURES: usize = 64;
/// Lines of a note's text.
pub const MAX_LINES: usize = 256;

/// Begins a signature line.
const DASH: &str = "— ";

/// Why these bytes are no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadNote {
    /// More than [`MAX_BYTES`], [`MAX_SIGNATURES`] or [`MAX_LINES`].
    #[error("the note is too long")]
    TooLong,
    /// Not UTF-8, or control characters other than newlines.
    #[error("the note is not plain text")]
    NotText,
    /// No text that ends in a newline, or no empty line between it and the signatures.
    #[error("the note has no text and signatures, divided by an empty line")]
    Shape,
    /// A signature line that is none.
    #[error("a signature line is misspelt")]
    Signature,
}

/// Why a note is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSigned {
    /// A line by the name and id of a known key whose signature is not that key's: such a note is refused as a whole.
    #[error("a signature does not fit its key")]
    Forged,
    /// None of the known keys has signed.
    #[error("no known key has signed")]
    Unknown,
}

/// A text and its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

/// A known key that has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched<'k> {
    /// The key.
    pub key: &'k VerifyKey,
    /// For a cosignature: when, in seconds since 1970.
    pub time: Option<u64>,
}

impl Note {
    /// A text without signatures yet.
    ///
    /// # Errors
    /// [`BadNote`] if it does not end in a newline, holds other control characters, or is too long.
    pub fn new(text: impl Into<String>) -> Result<Self, BadNote> {
        let text = text.into();
        if text.len() > MAX_BYTES || text.matches('\n').count() > MAX_LINES {
            return Err(BadNote::TooLong);
        }
        if text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(BadNote::NotText);
        }
        if !text.ends_with('\n') {
            return Err(BadNote::Shape);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a signed note, strictly: what is read prints ([`fmt::Display`]) as the same bytes.
    ///
    /// # Errors
    /// [`BadNote`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadNote> {
        if bytes.len() > MAX_BYTES {
            return Err(BadNote::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| BadNote::NotText)?;
        let (text, lines) = note.rsplit_once("\n\n").ok_or(BadNote::Shape)?;
        let mut note = Self::new(format!("{text}\n"))?;
        note.signatures = signatures(lines)?;
        Ok(note)
    }

    /// What is signed, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, whosever they are.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Signs it (signature type 0x01).
    pub fn sign(&mut self, signer: &Signer) {
        let bytes = signer.sign(self.text.as_bytes());
        self.add(Signature::by(signer.verify_key(), &bytes));
    }

    /// Adds a signature line; one by the same key is replaced.
    pub(crate) fn add(&mut self, signature: Signature) {
        self.signatures.retain(|old| (&old.name, old.id) != (&signature.name, signature.id));
        self.signatures.push(signature);
    }

    /// Which of these keys have signed, each once, in the order of the lines.
    ///
    /// # Errors
    /// [`NotSigned`]: none of them, or a line of one of them that does not fit.
    pub fn verify<'k>(&self, keys: &'k [VerifyKey]) -> Result<Vec<Vouched<'k>>, NotSigned> {
        let mut found: Vec<Vouched<'k>> = Vec::new();
        for signature in &self.signatures {
            for key in keys.iter().filter(|key| signature.claims(key)) {
                let time = key.verify(&self.text, &signature.bytes).map_err(|_| NotSigned::Forged)?;
                if !found.iter().any(|earlier| earlier.key == key) {
                    found.push(Vouched { key, time });
                }
            }
        }
        if found.is_empty() { Err(NotSigned::Unknown) } else { Ok(found) }
    }

    /// Takes signature lines that others have sent for this text, such as a witness's answer: those of known keys that fit. The others are left
    /// out. Says whose were taken.
    ///
    /// # Errors
    /// [`BadNote`] if they are no signature lines.
    pub fn take<'k>(&mut self, lines: &str, keys: &'k [VerifyKey]) -> Result<Vec<Vouched<'k>>, BadNote> {
        let mut taken = Vec::new();
        for signature in signatures(lines)? {
            let fits = |key: &VerifyKey| {
                signature.claims(key).then(|| key.verify(&self.text, &signature.bytes).ok()).flatten()
            };
            let Some((key, time)) = keys.iter().find_map(|key| Some((key, fits(key)?))) else { continue };
            self.add(signature);
            taken.push(Vouched { key, time });
        }
        Ok(taken)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| write!(f, "{signature}"))
    }
}

impl Signature {
    pub(crate) fn by(key: &VerifyKey, bytes: &[u8]) -> Self {
        Self { name: key.name().to_owned(), id: key.id(), bytes: bytes.to_owned() }
    }

    /// Whose it claims to be.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn claims(&self, key: &VerifyKey) -> bool {
        self.id == key.id() && self.name == key.name()
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = BASE64.decode(signature.as_bytes()).ok()?;
        let (id, bytes) = bytes.split_first_chunk::<4>()?;
        (key::is_name(name) && !bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            bytes: bytes.to_owned(),
        })
    }
}

/// The line, with its newline.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        writeln!(f, "{DASH}{} {}", self.name, BASE64.encode(&bytes))
    }
}

/// One or more signature lines, each with its newline.
fn signatures(lines: &str) -> Result<Vec<Signature>, BadNote> {
    if lines.len() > MAX_BYTES {
        return Err(BadNote::TooLong);
    }
    let lines = lines.strip_suffix('\n').ok_or(BadNote::Signature)?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(BadNote::TooLong);
    }
    lines.split('\n').map(|line| Signature::parse(line).ok_or(BadNote::Signature)).collect()
}
