//! A file that is only there to be given up: when the disk is full, whoever looks after it has room to act at once.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use rustix::fs::{FallocateFlags, fallocate};

use super::disk;

/// Takes the space, really and not sparsely. Does nothing where the file has its size, and says so.
pub fn make(file: &Path, mebibytes: u64) -> io::Result<bool> {
    let bytes = mebibytes << 20;
    if file.metadata().is_ok_and(|m| m.len() == bytes) {
        return Ok(false);
    }
    let folder = file.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if disk::used(folder)? >= disk::FILLING {
        return Err(io::Error::other("the disk is too full for a ballast"));
    }
    take(file, bytes)?;
    Ok(true)
}

fn take(file: &Path, bytes: u64) -> io::Result<()> {
    let made = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(file)?;
    if let Err(error) = fallocate(&made, FallocateFlags::empty(), 0, bytes) {
        std::fs::remove_file(file)?;
        return Err(error.into());
    }
    Ok(())
}

/// Gives the space back. Returns the bytes; 0 where there was none.
pub fn free(file: &Path) -> io::Result<u64> {
    let bytes = match file.metadata() {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    std::fs::remove_file(file)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_ballast_takes_real_space_and_gives_it_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ballast");
        take(&file, 4 << 20).expect("taken");
        assert!(!make(&file, 4).expect("it is there"));
        let found = file.metadata().expect("a file");
        assert!(found.len() == 4 << 20 && found.blocks() * 512 >= 4 << 20, "not sparse");
        assert_eq!(free(&file).expect("freed"), 4 << 20);
        assert_eq!(free(&file).expect("nothing"), 0);
    }
}
