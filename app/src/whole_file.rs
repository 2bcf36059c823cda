//! A file that somebody else watches: written beside and moved into place, so that nobody ever reads half of it.

use std::{io::Write as _, path::Path};

/// Replaces `file`. After a crash either the old bytes or the new ones are there.
pub fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("part");
    let mut part = std::fs::File::create(&beside)?;
    part.write_all(bytes)?;
    part.sync_all()?;
    std::fs::rename(&beside, file)
}
