//! 運用管理規程のひな形: what a facility writes for itself, filled with this deployment's real settings.

use paper::{Block, Paper, read};

use super::State;
use crate::config::Hosting;

/// The template. Places that the facility fills in are marked with ［　］.
pub fn operating_rules(state: &State) -> Paper {
    let lines = vec![
        format!(
            "{}を使う施設のための文例です。［　］を埋め、施設に合わせて直してください。",
            state.config.disclosure.service_name
        ),
        format!("{} の設定から作成", crate::web::ui::time::to_the_second(state.now)),
    ];
    let mut blocks: Vec<Block> = read(include_str!("../../../documents/operating-rules.md"))
        .into_iter()
        .map(|block| filled(block, &settings(state)))
        .collect();
    blocks.push(Block::heading(2, "別表　このサービスの設定（作成時）", "settings"));
    let rows = settings(state)
        .into_iter()
        .map(|(name, value)| vec![name.trim_matches(['{', '}']).to_owned(), value]);
    blocks.push(Block::table(&["項目", "いまの値"], rows.collect()));
    Paper { title: "運用管理規程（ひな形）".to_owned(), lines, blocks }
}

/// Names in the template and the values of this deployment.
pub fn settings(state: &State) -> Vec<(String, String)> {
    let config = &state.config;
    let contact = |what: &str, field: &str| {
        state.entries("contact").find(|c| c.get("what") == what).map(|c| c.get(field).to_owned())
    };
    let or_blank =
        |text: Option<String>| text.filter(|t| !t.is_empty()).unwrap_or_else(|| "［　］".to_owned());
    let provider = match config.disclosure.hosting {
        Hosting::Own => "当施設が自ら運用する",
        Hosting::Association => "地域の運営者が運用する",
        Hosting::Provider => "事業者が運用する",
    };
    let tls = if config.base_url.starts_with("https://") {
        "TLS（高セキュリティ型）"
    } else {
        "暗号化なし（試用の構成。実際の運用では使わない）"
    };
    let pairs = [
        ("サービス名", config.disclosure.service_name.clone()),
        ("運用の形", provider.to_owned()),
        ("ロックまでの分", format!("{}分", config.sign_in.idle_minutes)),
        ("サインインの有効時間", format!("{}時間", config.sign_in.session_hours)),
        ("パスワードの長さ", "二要素があれば8文字以上、なければ13文字以上".to_owned()),
        ("間違いの扱い", "5回で1分、以後は倍（最長15分）".to_owned()),
        ("添付の大きさ", format!("{} MBまで", config.limits.file_bytes / 1_000_000)),
        ("ウイルス検査", if config.clamd.is_empty() { "行っていない" } else { "行っている" }.to_owned()),
        ("保存の期間", "5年以上（消去の機能はない）".to_owned()),
        ("バックアップ", state.measured("backup")),
        ("バックアップの世代", state.measured("generations")),
        ("復元の訓練", state.measured("drill")),
        ("通信の保護", tls.to_owned()),
        ("窓口", or_blank(contact("general", "name"))),
        ("窓口の電話", or_blank(contact("general", "tel"))),
        ("窓口の時間", or_blank(contact("general", "hours"))),
        ("緊急の窓口", or_blank(contact("incident", "name"))),
        ("緊急の電話", or_blank(contact("incident", "tel"))),
    ];
    pairs.into_iter().map(|(name, value)| (format!("{{{name}}}"), value)).collect()
}

fn filled(block: Block, settings: &[(String, String)]) -> Block {
    let fill =
        |text: String| settings.iter().fold(text, |text, (name, value)| text.replace(name.as_str(), value));
    match block {
        Block::Heading { level, text, id } => Block::Heading { level, text: fill(text), id },
        Block::Text { text } => Block::Text { text: fill(text) },
        Block::Note { text } => Block::Note { text: fill(text) },
        Block::List { items } => Block::List { items: items.into_iter().map(fill).collect() },
        Block::Table { head, rows } => Block::Table {
            head,
            rows: rows.into_iter().map(|row| row.into_iter().map(fill).collect()).collect(),
        },
        figure @ Block::Figure { .. } => figure,
    }
}
