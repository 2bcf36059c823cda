//! Room on every file system that is written to. At 80 % somebody should act; at 90 % uploads are refused.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{Finding, Site, words};

const WARNING: u64 = 80;
const BAD: u64 = 90;

/// Of one file system: blocks in bytes, and files.
#[derive(Debug, Clone, Copy)]
struct Room {
    bytes: u64,
    bytes_free: u64,
    files: u64,
    files_free: u64,
}

pub async fn check(site: &Site) -> Vec<Finding> {
    let Some(config) = site.config() else { return Vec::new() };
    let mut places = vec![config.blobs.clone()];
    if let Some(data) = &config.data {
        places.extend([data.clone(), data.join("cluster"), data.join("cluster/pg_wal")]);
    }
    one_for_each_device(places).into_iter().flat_map(|place| look(&place)).collect()
}

/// Folders on one file system share its room.
fn one_for_each_device(places: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut devices = Vec::new();
    let mut kept = Vec::new();
    for place in places {
        let device = std::fs::metadata(&place).map(|m| m.dev()).ok();
        if device.is_some() && !devices.contains(&device) {
            devices.push(device);
            kept.push(place);
        }
    }
    kept
}

fn look(place: &Path) -> Vec<Finding> {
    match rustix::fs::statvfs(place) {
        Ok(s) => judge(
            place,
            Room {
                bytes: s.f_blocks * s.f_frsize,
                // Without what is reserved for root.
                bytes_free: s.f_bavail * s.f_frsize,
                files: s.f_files,
                files_free: s.f_favail,
            },
        ),
        Err(why) => vec![Finding::bad(
            "space",
            place.display(),
            words!("調べられません：{why}", "cannot be looked at: {why}"),
            words!("場所が正しいか確かめてください", "check the path"),
        )],
    }
}

fn judge(place: &Path, room: Room) -> Vec<Finding> {
    let gibibytes = room.bytes_free >> 30;
    let mut findings = vec![share(
        "space",
        place,
        used(room.bytes, room.bytes_free),
        (&format!("残り {gibibytes} GiB"), &format!("{gibibytes} GiB left")),
    )];
    // Some file systems count no files.
    if room.files > 0 {
        let left = room.files_free;
        let used = used(room.files, room.files_free);
        findings.push(share(
            "inodes",
            place,
            used,
            (&format!("残り {left} ファイル"), &format!("{left} files left")),
        ));
    }
    findings
}

fn used(all: u64, free: u64) -> u64 {
    ((all - free.min(all)) * 100).checked_div(all).unwrap_or(100)
}

fn share(name: &'static str, place: &Path, used: u64, (ja, en): (&str, &str)) -> Finding {
    let what = words!("{used} % を使用、{ja}", "{used} % used, {en}");
    let fix = words!(
        "不要なものを消すか、ディスクを大きくしてください。90 % を超えると写真などの送信を断ります",
        "remove what is not needed or enlarge the disk; beyond 90 % uploads are refused"
    );
    match used {
        BAD.. => Finding::bad(name, place.display(), what, fix),
        WARNING..BAD => Finding::warning(name, place.display(), what, fix),
        _ => Finding::ok(name, place.display(), what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn a_filling_disk_is_seen_by_bytes_and_by_files() {
        let states = |bytes_free, files_free| {
            let room = Room { bytes: 1000, bytes_free, files: 1000, files_free };
            judge(Path::new("/srv"), room).iter().map(|f| f.state).collect::<Vec<_>>()
        };
        assert_eq!(states(500, 500), [State::Ok, State::Ok]);
        assert_eq!(states(200, 500), [State::Warning, State::Ok]);
        assert_eq!(states(100, 500), [State::Bad, State::Ok]);
        assert_eq!(states(500, 0), [State::Ok, State::Bad]);
        let without = Room { bytes: 1000, bytes_free: 500, files: 0, files_free: 0 };
        assert_eq!(judge(Path::new("/srv"), without).len(), 1);
    }
}
