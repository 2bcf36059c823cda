//! The settings' file and who may read what it names.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{Finding, Site, words};

pub async fn check(site: &Site) -> Vec<Finding> {
    let mut findings = vec![parses(site)];
    if let Some(file) = &site.file {
        findings.push(closed_to_others("config_rights", file, 0o027));
    }
    let Some(config) = site.config() else { return findings };
    let key_folder = config.master_key_file.parent().unwrap_or(Path::new("/"));
    findings.push(closed_to_others("key_folder_rights", key_folder, 0o077));
    findings.push(closed_to_others("key_rights", &config.master_key_file, 0o077));
    findings.push(closed_to_others("blobs_rights", &config.blobs, 0o077));
    if let Some(data) = &config.data {
        // Others may pass through (the database's own user, where root runs the program), but not look around.
        findings.push(closed_to_others("data_rights", data, 0o066));
    }
    findings.push(one_owner([&config.master_key_file, &config.blobs].map(PathBuf::clone)));
    findings
}

fn parses(site: &Site) -> Finding {
    let place = site.file.as_deref().unwrap_or(&site.place).display();
    match &site.config {
        Ok(_) => {
            Finding::ok("parses", place, words!("設定を読めました", "the settings are complete and valid"))
        }
        Err(why) => Finding::bad(
            "parses",
            place,
            words!("設定を読めません：{why}", "the settings cannot be used: {why}"),
            words!(
                "renkei example-config の説明を見て、この行を直してください",
                "compare with `renkei example-config` and correct this line"
            ),
        ),
    }
}

/// `forbidden` are the permission bits that must not be set.
fn closed_to_others(name: &'static str, path: &Path, forbidden: u32) -> Finding {
    let place = path.display();
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(why) => {
            return Finding::bad(
                name,
                place,
                words!("見つからないか、開けません：{why}", "missing or not accessible: {why}"),
                words!(
                    "場所が正しいか確かめ、サーバーと同じ利用者（sudo -u renkei）か root で実行してください",
                    "check the path, and run this as the server's user (sudo -u renkei) or root"
                ),
            );
        }
    };
    let mode = found.mode() & 0o777;
    if mode & forbidden == 0 {
        return Finding::ok(name, place, words!("権限は {mode:04o} です", "permissions are {mode:04o}"));
    }
    let (right, path) = (mode & !forbidden, path.display());
    Finding::bad(
        name,
        &path,
        words!(
            "ほかの利用者も読み書きできます（{mode:04o}）",
            "other users of this machine can read or change it ({mode:04o})"
        ),
        words!("chmod {right:04o} '{path}'", "chmod {right:04o} '{path}'"),
    )
}

/// Key and uploads belong to one user that exists: what a removed account left behind belongs to whoever gets its number.
fn one_owner(paths: [PathBuf; 2]) -> Finding {
    let owners: Vec<(PathBuf, u32)> = paths
        .into_iter()
        .filter_map(|p| std::fs::metadata(&p).ok().map(|m: Metadata| (p, m.uid())))
        .collect();
    let Some((first, owner)) = owners.first().cloned() else {
        return Finding::ok("owner", "-", words!("まだファイルがありません", "no files yet"));
    };
    let place = first.display().to_string();
    if let Some((other, uid)) = owners.iter().find(|(_, uid)| *uid != owner) {
        let other = other.display();
        return Finding::bad(
            "owner",
            place,
            words!("持ち主がそろっていません：{owner} と {uid}", "two owners: {owner} and {uid}"),
            words!("chown -R {owner} '{other}'", "chown -R {owner} '{other}'"),
        );
    }
    if user_exists(owner) {
        return Finding::ok(
            "owner",
            place,
            words!("持ち主の利用者があります", "the owner is a user of this machine"),
        );
    }
    Finding::bad(
        "owner",
        &place,
        words!("持ち主（番号 {owner}）という利用者がいません", "no user has the owner's number {owner}"),
        words!("chown -R renkei:renkei '{place}'", "chown -R renkei:renkei '{place}'"),
    )
}

/// `getent` and not `/etc/passwd`: accounts may come from a directory service.
fn user_exists(uid: u32) -> bool {
    std::process::Command::new("getent")
        .args(["passwd", &uid.to_string()])
        .output()
        .is_ok_and(|answer| answer.status.success())
}
