//! The checklist of the 高セキュリティ型, filled from the live configuration: the suites, groups and versions are those that
//! the server accepts when they are offered one at a time, not those that a file asks for.

use std::{fmt::Write as _, sync::Arc};

use jiff::Timestamp;
use rustls::ServerConfig;
use serde::Serialize;

use crate::{
    Facts, Profile, Version,
    probe::{self, Hello, Reply},
    profile::{group_name, suite_name},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Answer {
    #[serde(rename = "はい")]
    Yes,
    #[serde(rename = "いいえ")]
    No,
    #[serde(rename = "対象外")]
    NotApplicable,
}

impl Answer {
    pub fn text(self) -> &'static str {
        match self {
            Self::Yes => "はい",
            Self::No => "いいえ",
            Self::NotApplicable => "対象外",
        }
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub item: &'static str,
    pub answer: Answer,
    /// What was found.
    pub measured: String,
}

/// What stands at the door of this deployment.
#[derive(Debug, Clone, Copy)]
pub struct Front<'a> {
    /// The configuration that connections meet; `None` where TLS ends before this server.
    pub server: Option<&'a Arc<ServerConfig>>,
    pub certificate: Option<&'a Facts>,
    /// Who ends TLS for the people who use it, in the operator's words. Empty: this product.
    pub terminated_by: &'a str,
    /// `max-age` of Strict-Transport-Security, seconds; `None` where it is not sent.
    pub hsts: Option<u64>,
    pub client_certificates: bool,
    /// Why post-quantum hybrids are on; empty where they are off.
    pub post_quantum_reason: &'a str,
    /// The profile of calls to others.
    pub outbound: Profile,
    /// How the database is reached, and whether that is protected.
    pub database: (&'a str, bool),
    pub now: Timestamp,
}

/// The filled sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    pub title: &'static str,
    pub made_at: Timestamp,
    pub rows: Vec<Row>,
}

const TITLE: &str = "TLS暗号設定 チェックシート（CRYPTREC/IPA TLS暗号設定ガイドライン 3.x 高セキュリティ型）";
const YEAR: u64 = 365 * 24 * 60 * 60;

impl Sheet {
    pub fn fill(front: &Front<'_>) -> Self {
        let mut rows = vec![who(front)];
        match front.server {
            Some(server) => rows.extend(measured(server, front)),
            None => rows.push(row(
                "プロトコル・暗号スイート・鍵交換が高セキュリティ型である",
                Answer::No,
                "TLSは本製品の手前で終端されるため、ここでは測れません。終端する装置の設定を別に確認してください",
            )),
        }
        rows.extend(certificate(front));
        rows.extend(around(front));
        Self { title: TITLE, made_at: front.now, rows }
    }

    /// Whether nothing is answered with いいえ.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.answer != Answer::No)
    }

    /// For people: one item, its answer, what was measured.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.title, self.made_at.strftime("作成 %Y-%m-%d %H:%M:%S UTC"));
        for row in &self.rows {
            let _ = writeln!(text, "[{}] {}\n      {}", row.answer.text(), row.item, row.measured);
        }
        let no = self.rows.iter().filter(|r| r.answer == Answer::No).count();
        let _ = writeln!(text, "\n全{}項目、いいえ {no}項目", self.rows.len());
        text
    }
}

fn row(item: &'static str, answer: impl Into<Answer>, measured: impl Into<String>) -> Row {
    Row { item, answer: answer.into(), measured: measured.into() }
}

fn who(front: &Front<'_>) -> Row {
    let by = match (front.terminated_by, front.server) {
        ("", Some(_)) => "本製品（rustls、暗号は aws-lc-rs）",
        ("", None) => "記入がありません（tls.terminated_by に装置の名前を書いてください）",
        (by, _) => by,
    };
    row("TLSを終端する者が明らかである", !front.terminated_by.is_empty() || front.server.is_some(), by)
}

fn measured(server: &Arc<ServerConfig>, front: &Front<'_>) -> Vec<Row> {
    let mut rows = versions(server);
    rows.extend(suites(server));
    rows.extend(groups(server, front.post_quantum_reason));
    rows.extend(behaviour(server));
    rows
}

fn versions(server: &Arc<ServerConfig>) -> Vec<Row> {
    let speaks = |version: u16| {
        let hello = Hello { suites: probe::registered_suites().collect(), ..Hello::new(version) };
        matches!(probe::ask(server, &hello), Reply::Accepted { version: v, .. } if v == version)
    };
    let (old, twelve) = (speaks(probe::TLS10) || speaks(probe::TLS11), speaks(probe::TLS12));
    vec![
        row("TLS 1.3 を使える", speaks(probe::TLS13), if speaks(probe::TLS13) { "有効" } else { "無効" }),
        row(
            "TLS 1.2 は使わないか、高セキュリティ型の暗号スイートに限る",
            true,
            if twelve { "有効（下の一覧に限る）" } else { "無効" },
        ),
        row("TLS 1.1 以前とSSLを使わない", !old, if old { "応答があった" } else { "提示しても拒否する" }),
    ]
}

fn suites(server: &Arc<ServerConfig>) -> Vec<Row> {
    let accepted = |version| probe::accepted_suites(server, version, probe::registered_suites());
    let (thirteen, twelve) = (accepted(probe::TLS13), accepted(probe::TLS12));
    let all = Profile::new(Version::Tls12);
    let within = |found: &[u16], version| {
        let allowed = all.suite_numbers(version);
        found.iter().all(|s| allowed.contains(s))
    };
    let reversed: Vec<u16> = [0x1301, 0x1303, 0x1302].into();
    let first = match probe::ask(server, &Hello::new(probe::TLS13).suites(&reversed)) {
        Reply::Accepted { suite, .. } => suite,
        _ => 0,
    };
    vec![
        row(
            "TLS 1.3 の暗号スイートが一覧のとおりである",
            !thirteen.is_empty() && within(&thirteen, Version::Tls13),
            names(&thirteen, suite_name),
        ),
        row(
            "TLS 1.2 の暗号スイートがECDHEと認証付き暗号に限られる",
            within(&twelve, Version::Tls12),
            names(&twelve, suite_name),
        ),
        row(
            "暗号スイートはサーバが選び、AES-256を優先する",
            first == 0x1302,
            format!("逆順で提示されて選んだもの: {}", suite_name(first)),
        ),
    ]
}

fn groups(server: &Arc<ServerConfig>, reason: &str) -> Vec<Row> {
    const HYBRID: u16 = 0x11ec;
    let found = probe::accepted_groups(server, probe::TLS13, probe::registered_groups());
    let allowed = Profile::default().group_numbers();
    let classical: Vec<u16> = found.iter().copied().filter(|g| *g != HYBRID).collect();
    let hybrid = match (found.contains(&HYBRID), reason) {
        (false, _) => row("耐量子ハイブリッド鍵交換を使わないか、理由を記録している", true, "使わない"),
        (true, "") => row(
            "耐量子ハイブリッド鍵交換を使わないか、理由を記録している",
            false,
            "X25519MLKEM768 を使うが、理由の記録がない",
        ),
        (true, why) => row(
            "耐量子ハイブリッド鍵交換を使わないか、理由を記録している",
            true,
            format!("X25519MLKEM768 を使う。理由: {why}"),
        ),
    };
    vec![
        row(
            "鍵交換が128ビット以上の安全性をもつ楕円曲線に限られる",
            !classical.is_empty() && classical.iter().all(|g| allowed.contains(g)),
            names(&classical, group_name),
        ),
        hybrid,
    ]
}

fn behaviour(server: &Arc<ServerConfig>) -> Vec<Row> {
    let compressed = matches!(
        probe::ask(server, &Hello { compression: vec![1, 0], ..Hello::new(probe::TLS12) }),
        Reply::Accepted { compression: 1.., .. }
    );
    let early = server.max_early_data_size;
    let resumes =
        server.send_tls13_tickets > 0 || server.ticketer.enabled() || server.session_storage.can_cache();
    vec![
        row("TLS圧縮を使わない", !compressed, if compressed { "圧縮に応じた" } else { "提示しても応じない" }),
        row("再ネゴシエーションを受け付けない", true, "機能がない（rustls）"),
        row("0-RTT（early data）を受け付けない", early == 0, format!("上限 {early} バイト")),
        row(
            "セッション再開は短時間に限るか、使わない",
            !resumes,
            if resumes { "使う" } else { "使わない（接続ごとに新しい鍵）" },
        ),
    ]
}

fn certificate(front: &Front<'_>) -> Vec<Row> {
    let Some(c) = front.certificate else {
        return vec![row(
            "サーバ証明書が基準を満たす",
            Answer::No,
            "証明書がありません、またはTLSは手前で終端されます",
        )];
    };
    let valid = c.not_before <= front.now && front.now <= c.not_after;
    let days = c.not_after.duration_since(front.now).as_hours() / 24;
    let revocation = match &c.ocsp {
        None => row("失効情報（OCSPステープリング）", Answer::NotApplicable, "証明書にOCSPの窓口がない"),
        Some(uri) => row("失効情報（OCSPステープリング）", Answer::No, format!("添付しない（窓口: {uri}）")),
    };
    // Served means checked: `Pair` refuses a weak key, a weak hash, a wrong name and a foreign key.
    vec![
        row("サーバ証明書の鍵が ECDSA P-256/P-384 または RSA 3072ビット以上である", true, &c.key),
        row("証明書の署名が SHA-256 以上である", true, &c.hash),
        row(
            "証明書が有効期間内である",
            valid,
            format!("{} まで（残り {days}日）", c.not_after.strftime("%Y-%m-%d %H:%M UTC")),
        ),
        row("証明書の名前がこのサイトのものである", true, c.names.join("、")),
        row(
            "認証局が発行した証明書である",
            !c.self_signed,
            format!("発行者: {}（送る証明書 {}枚）", c.issuer, c.chain),
        ),
        revocation,
    ]
}

fn around(front: &Front<'_>) -> Vec<Row> {
    let hsts = front
        .hsts
        .map_or_else(|| "送らない".into(), |s| format!("max-age={s}（{}日）; includeSubDomains", s / 86_400));
    let outbound = match front.outbound.minimum {
        Version::Tls13 => "TLS 1.3 のみ",
        Version::Tls12 => "TLS 1.3 と 1.2",
    };
    let (database, protected) = front.database;
    vec![
        row("HSTSを1年以上で送り、サブドメインを含む", front.hsts.is_some_and(|s| s >= YEAR), hsts),
        row(
            "クライアント証明書を求める",
            front.client_certificates,
            if front.client_certificates { "必須" } else { "求めない" },
        ),
        row(
            "外へつなぐとき（メール、Webhook、証明書の取得）も同じ設定を使う",
            true,
            format!("{outbound}、証明書と名前を必ず検証"),
        ),
        row("データベースとの通信が守られている", protected, database),
    ]
}

fn names(numbers: &[u16], name: fn(u16) -> String) -> String {
    if numbers.is_empty() {
        "なし".into()
    } else {
        numbers.iter().map(|n| name(*n)).collect::<Vec<_>>().join("、")
    }
}
