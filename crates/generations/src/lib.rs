//! What stands beside the backups of a database:
//!
//! * [`Mirror`]: a copy of a folder of files that never change once written, kept up to date every few seconds;
//! * [`Manifest`]: for each generation a signed list of everything that belongs to it, with digests;
//! * [`Key`]: one secret from which the repository's pass, the signature and the export's key are derived;
//! * [`vault`]: pulling all this to where the database's host cannot reach, verified and made immutable.
//!
//! ```text
//! repository/
//!   signer                        the public key, hexadecimal
//!   database/                     the database engine's own repository
//!   uploads/                      the mirror
//!   generations/LABEL/manifest.json, manifest.json.sig, …
//! ```

mod back;
mod error;
mod key;
pub mod lock;
mod manifest;
mod mirror;
mod prune;
mod signed;
mod store;
pub mod vault;

pub use back::Brought;
pub use error::Error;
pub use key::{Key, Signer};
pub use manifest::{Entry, Fault, Manifest};
pub use mirror::Mirror;
pub use signed::{read as read_signed, write as write_signed};
pub use store::{Bucket, Store};
