//! Takes in files that people upload: says what they are and how dangerous, makes safe pictures and
//! previews, scans for malware, and keeps the bytes encrypted.
//!
//! ```text
//!  bytes + name ─► sniff ─► Photo  ─► picture (HEIC: preview first) ─► pixels only + thumbnail
//!                        ├► Pdf    ─► preview: first page ─► thumbnail        (the bytes stay as they are)
//!                        └► others ─►                                         (the bytes stay as they are)
//!                                         └─► scan ─► blob: AES-256-GCM in chunks, durable, by range
//! ```
//!
//! * [`sniff`] trusts bytes only; a name can make a file more dangerous, never less.
//! * [`picture`] writes every picture anew, so no place, no camera and no hidden bytes survive. A picture that
//!   cannot be written anew is refused.
//! * [`preview`] runs C libraries in a [`Sandbox`]: a child without network, with hard limits.
//! * [`scan`] asks clamd. Scan what was *uploaded*; open nothing before the verdict.
//! * [`blob`] stores what [`Intake::take_in`] gives back, under a key of its own per file.
//!
//! The crate knows nothing of who uploads or why; it logs no names and no content, and its errors hold none.
//! It needs, from Debian: `libheif-examples`, `poppler-utils`, `util-linux`, and for scanning `clamav-daemon`.

pub mod blob;
mod error;
pub mod picture;
pub mod preview;
mod sandbox;
pub mod scan;
pub mod sniff;
mod take_in;

pub use error::Error;
pub use sandbox::{Isolation, Sandbox};
pub use take_in::{Intake, TakenIn, Warning};
