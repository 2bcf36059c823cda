//! The parts of this deployment and what talks to what, read from the configuration.

use super::State;
use crate::{config::Config, outbound::declared_hosts};

/// One part of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The code of the register's places, where the part can have one.
    pub code: &'static str,
    pub name: &'static str,
    /// What is known of it without a host name: for everybody.
    pub kind: String,
    /// Host names and folders: for operators.
    pub detail: String,
    /// Column of the drawing, from the people outwards.
    pub column: u8,
    /// Whether the configuration has it.
    pub present: bool,
}

/// A way on which something travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    pub from: &'static str,
    pub to: &'static str,
    pub what: &'static str,
}

/// A host outside that the deployment calls by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Egress {
    pub purpose: &'static str,
    /// Key of the configuration that names it.
    pub setting: &'static str,
    pub host: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub parts: Vec<Part>,
    pub flows: Vec<Flow>,
    pub egress: Vec<Egress>,
}

/// Reads the outline from the configuration and from what was measured. No name of a part is invented: what is neither
/// configured nor measured is not present.
pub fn outline(state: &State) -> Outline {
    let measured = state.fact("immutable").filter(|fact| fact.value.is_some());
    of(&state.config, measured.map(|fact| fact.doubt(state.now).is_none()))
}

/// `immutable`: whether the vault's copies can not be changed, where that was measured.
fn of(config: &Config, immutable: Option<bool>) -> Outline {
    let egress = declared_hosts(config)
        .into_iter()
        .map(|h| Egress { purpose: h.purpose, setting: h.setting, host: format!("{}:{}", h.host, h.port) })
        .collect();
    let parts = parts(config, immutable);
    let there = |code: &str| parts.iter().any(|p| p.code == code && p.present);
    let flows = FLOWS.iter().filter(|f| there(f.from) && there(f.to)).copied();
    // Without a front people reach the service itself.
    let flows = flows.filter(|f| (f.from, f.to) != ("browser", "service") || !there("front")).collect();
    Outline { parts, flows, egress }
}

const FLOWS: [Flow; 13] = [
    Flow { from: "browser", to: "front", what: "画面・API" },
    Flow { from: "browser", to: "service", what: "画面・API" },
    Flow { from: "front", to: "service", what: "中継" },
    Flow { from: "service", to: "database", what: "暗号化ずみの記録" },
    Flow { from: "service", to: "files", what: "暗号化ずみのファイル" },
    Flow { from: "service", to: "keys", what: "鍵" },
    Flow { from: "service", to: "scanner", what: "検査するファイル" },
    Flow { from: "service", to: "mail", what: "中身のない知らせ" },
    Flow { from: "service", to: "webhook", what: "警報" },
    Flow { from: "service", to: "push", what: "中身のない知らせ" },
    Flow { from: "service", to: "receiver", what: "中身のない知らせ" },
    Flow { from: "database", to: "backup", what: "バックアップ" },
    Flow { from: "backup", to: "vault", what: "写し" },
];

fn parts(config: &Config, immutable: Option<bool>) -> Vec<Part> {
    let part = |code, name, kind: &str, detail: String, column, present| Part {
        code,
        name,
        kind: kind.to_owned(),
        detail,
        column,
        present,
    };
    let https = config.base_url.starts_with("https://");
    let scheme = if https { "HTTPS" } else { "http（試用。暗号化なし）" };
    let fronts: Vec<String> = config.proxy.trusted.iter().map(ToString::to_string).collect();
    let nodes = format!("{}台", config.disclosure.service_nodes);
    let (database, hosts) = database(config);
    vec![
        part("browser", "利用者の端末", scheme, "ブラウザー".into(), 0, true),
        part("front", "入口（プロキシ・WAF）", "信頼する中継", fronts.join(" "), 1, !fronts.is_empty()),
        part("service", "サービス", &nodes, config.listen.to_string(), 1, true),
        part("database", "データベース", &database, hosts, 2, true),
        part("files", "ファイルの置き場", "暗号化", config.blobs.display().to_string(), 2, true),
        part(
            "keys",
            "鍵の置き場",
            "サーバーのファイル",
            config.master_key_file.display().to_string(),
            2,
            true,
        ),
        part("scanner", "ウイルス検査", "clamd", config.clamd.clone(), 3, !config.clamd.is_empty()),
        part("mail", "メール", mail_kind(config), config.mail.host.clone(), 3, config.mail.is_configured()),
        part("webhook", "警報の通知先", "送信だけ", webhook(config), 3, !webhook(config).is_empty()),
        part("backup", "バックアップ", &backup_kind(config), backup_place(config), 3, config.backup.is_on()),
        vault(config, immutable),
        part("witness", "外部の証人", "", String::new(), 3, false),
        part("push", "プッシュ通知", "送信だけ", config.push.hosts.clone(), 3, config.push.is_on()),
        part("receiver", "施設のプログラム", "送信だけ", receivers(config), 3, config.webhooks.is_on()),
    ]
}

/// What comes back is handed over by the mail server: no port of the product's is open for it.
fn mail_kind(config: &Config) -> &'static str {
    if config.mail.bounces.is_empty() {
        "送信だけ"
    } else {
        "送信と、届かなかった知らせの受け取り"
    }
}

/// That facilities may name for their webhooks.
fn receivers(config: &Config) -> String {
    config.webhooks.hosts().chain(config.webhooks.private_hosts()).collect::<Vec<_>>().join(", ")
}

/// In words, without names.
fn backup_kind(config: &Config) -> String {
    let place = if config.backup.s3.is_some() { "バケット" } else { "フォルダー" };
    format!("{place}・{}世代", config.backup.generations)
}

fn backup_place(config: &Config) -> String {
    match &config.backup.s3 {
        Some(s3) => format!("{}/{}", s3.endpoint, s3.bucket),
        None => config.backup.repository.display().to_string(),
    }
}

/// There where the configuration names it or where something was measured of it: it lies on another host, and whether it
/// can be changed is not for the configuration to say.
fn vault(config: &Config, immutable: Option<bool>) -> Part {
    let folder = config.backup.vault.display().to_string();
    let kind = match immutable {
        Some(true) => "書きかえ・削除できない写し",
        Some(false) => "書きかえられないとは、まだ言えない写し",
        None => "まだ測っていません",
    };
    Part {
        code: "vault",
        name: "バックアップの保管庫",
        kind: kind.to_owned(),
        present: !folder.is_empty() || immutable.is_some(),
        detail: folder,
        column: 3,
    }
}

fn webhook(config: &Config) -> String {
    config.watch.target().ok().flatten().map(|t| t.host().to_owned()).unwrap_or_default()
}

/// In words, and its hosts.
fn database(config: &Config) -> (String, String) {
    let tcp: Vec<String> = declared_hosts(config)
        .into_iter()
        .filter(|h| h.setting == "database")
        .map(|h| format!("{}:{}", h.host, h.port))
        .collect();
    match tcp.len() {
        0 => ("サービスと同じ機械".to_owned(), "ソケット".to_owned()),
        n => (format!("{n}台"), tcp.join(" ")),
    }
}

/// Where a part stands, from the register: places, with who keeps them.
pub fn place(state: &State, part: &str) -> String {
    let places: Vec<String> = state
        .entries("place")
        .filter(|p| p.get("part") == part)
        .map(|p| format!("{}（{}、{}）", p.get("place"), p.words("country"), p.get("keeper")))
        .collect();
    match part {
        "browser" => "施設・利用者".to_owned(),
        _ if places.is_empty() => "台帳にありません".to_owned(),
        _ => places.join("、"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault_of(config: &Config, immutable: Option<bool>) -> Option<Part> {
        of(config, immutable).parts.into_iter().find(|p| p.code == "vault" && p.present)
    }

    #[test]
    fn the_vault_is_there_when_it_is_configured_or_measured_and_says_what_was_measured() {
        let mut config = Config::in_folder("/var/lib/renkei".as_ref(), ([127, 0, 0, 1], 8080).into());
        assert_eq!(vault_of(&config, None), None, "neither");
        assert_eq!(vault_of(&config, Some(true)).expect("measured").kind, "書きかえ・削除できない写し");
        config.backup.vault = "/mnt/vault".into();
        assert_eq!(vault_of(&config, None).expect("configured").kind, "まだ測っていません");
        let silent = vault_of(&config, Some(false)).expect("both");
        assert_eq!((silent.kind.contains("まだ言えない"), silent.detail.as_str()), (true, "/mnt/vault"));
        let outline = of(&config, Some(true));
        let way = |from, to| outline.flows.iter().any(|f| (f.from, f.to) == (from, to));
        assert!(way("database", "backup") && way("backup", "vault"));
    }

    #[test]
    fn without_backups_none_are_drawn() {
        let config = Config::parse(&crate::config::example(), std::iter::empty()).expect("the example");
        let outline = of(&config, None);
        assert!(outline.parts.iter().any(|p| p.code == "database" && p.present));
        assert!(!outline.parts.iter().any(|p| p.code == "backup" && p.present));
        assert!(!outline.flows.iter().any(|f| f.what == "バックアップ"));
    }
}
