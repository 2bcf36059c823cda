//! Two factors also for those who sign in to the server: a password alone must not open a shell.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Finding, Site, words};

const FILE: &str = "/etc/ssh/sshd_config";

pub async fn check(site: &Site) -> Vec<Finding> {
    let file = site.below_root(FILE);
    if !file.exists() {
        return vec![Finding::ok("password", FILE, words!("sshd はありません", "no sshd on this machine"))];
    }
    match read(&site.root, &file) {
        Ok(options) => vec![passwords(&options), root(&options)],
        Err(why) => vec![super::not_seen("password", FILE, &crate::Error::internal(why))],
    }
}

/// The first value of each option counts, as for sshd; what stands in a `Match` block narrows and is not looked at.
fn read(root: &Path, file: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let line = line.trim();
        let Some((name, value)) = line.split_once(|c: char| c.is_whitespace() || c == '=') else { continue };
        let (name, value) =
            (name.to_ascii_lowercase(), value.trim().trim_start_matches('=').trim().to_owned());
        match name.as_str() {
            "match" => break,
            "include" => {
                for included in value.split_whitespace().flat_map(|pattern| expand(root, pattern)) {
                    for (name, value) in read(root, &included)? {
                        options.entry(name).or_insert(value);
                    }
                }
            }
            _ if name.starts_with('#') => {}
            _ => {
                options.entry(name).or_insert(value);
            }
        }
    }
    Ok(options)
}

/// `/etc/ssh/sshd_config.d/*.conf`, the one pattern in use; names in order.
fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let absolute = if pattern.starts_with('/') { pattern.to_owned() } else { format!("/etc/ssh/{pattern}") };
    let path = root.join(absolute.trim_start_matches('/'));
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) else {
        return Vec::new();
    };
    let Some((before, after)) = name.split_once('*') else { return vec![path.clone()] };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| {
            p.file_name()
                .and_then(|n| n.to_str())
                .is_some_and(|n| n.starts_with(before) && n.ends_with(after))
        })
        .collect();
    files.sort();
    files
}

fn passwords(options: &BTreeMap<String, String>) -> Finding {
    let is = |name: &str, default: &str| {
        options.get(name).map_or(default, String::as_str).eq_ignore_ascii_case("yes")
    };
    // Two methods in every list: a key *and* a password or a code.
    let two = options
        .get("authenticationmethods")
        .is_some_and(|lists| lists.split_whitespace().all(|list| list.contains(',')));
    let keyboard = is("kbdinteractiveauthentication", "yes") && is("usepam", "no");
    if two || !(is("passwordauthentication", "yes") || keyboard) {
        return Finding::ok(
            "password",
            FILE,
            words!("パスワードだけでは入れません", "a password alone does not open a shell"),
        );
    }
    Finding::warning(
        "password",
        FILE,
        words!("パスワードだけでサーバーへ入れます", "a password alone opens a shell on this server"),
        words!(
            "PasswordAuthentication no と KbdInteractiveAuthentication no にして鍵で入るか、\
             AuthenticationMethods publickey,password のように2つ求めてください",
            "set PasswordAuthentication no and KbdInteractiveAuthentication no and use keys, or ask for two: \
             AuthenticationMethods publickey,password"
        ),
    )
}

fn root(options: &BTreeMap<String, String>) -> Finding {
    let value = options.get("permitrootlogin").map_or("prohibit-password", String::as_str);
    if !value.eq_ignore_ascii_case("yes") {
        return Finding::ok(
            "root",
            FILE,
            words!("PermitRootLogin は {value} です", "PermitRootLogin is {value}"),
        );
    }
    Finding::warning(
        "root",
        FILE,
        words!(
            "root で直接入れるので、だれが入ったか分かりません",
            "root signs in directly: nobody knows who it was"
        ),
        words!(
            "PermitRootLogin no にして、個人の利用者と sudo を使ってください",
            "set PermitRootLogin no; use personal users and sudo"
        ),
    )
}
