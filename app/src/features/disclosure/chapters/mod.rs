//! The disclosure itself, heading by heading, in the customary order.

mod appendix;
mod handling;
mod organisation;
mod records;

use paper::{Block, Paper};

use super::{
    State,
    answers::{Answer, Tally, Verdict, answers, tally},
};
use crate::{config::Hosting, web::ui::time};

/// The chapters' working place.
pub(super) struct Page<'a> {
    pub(super) state: &'a State,
    pub(super) answers: &'a [Answer],
    pub(super) blocks: Vec<Block>,
}

impl Page<'_> {
    pub(super) fn chapter(&mut self, id: &str, title: &str) {
        self.blocks.push(Block::heading(2, title, id));
    }

    pub(super) fn section(&mut self, title: &str) {
        self.blocks.push(Block::heading(3, title, ""));
    }

    pub(super) fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::text(text));
    }

    pub(super) fn list<T: Into<String>>(&mut self, items: impl IntoIterator<Item = T>) {
        self.blocks.push(Block::list(items));
    }

    pub(super) fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        self.blocks.push(Block::table(head, rows));
    }

    /// What the checklist says to a question of our own number, in a sentence of its own.
    pub(super) fn answer(&mut self, n: u32) {
        if let Some(a) = self.answers.iter().find(|a| a.control.n == n) {
            self.text(format!(
                "チェックリスト {n}「{}」: {}。{}",
                a.control.question,
                a.verdict.word(),
                a.why
            ));
        }
    }
}

/// The whole paper of this moment, and how many answers are はい.
pub fn disclosure(state: &State) -> (Paper, Tally) {
    let answers = answers(state);
    let mut page = Page { state, answers: &answers, blocks: Vec::new() };
    opening(&mut page);
    organisation::write(&mut page);
    handling::write(&mut page);
    records::write(&mut page);
    appendix::write(&mut page);
    let blocks = page.blocks;
    let edition = state.editions.first().map_or_else(
        || "まだ版として公開していません（いまの内容）".to_owned(),
        |e| format!("公開した最新の版: 第{}版（{}）", e.n, time::day_long(e.at)),
    );
    let lines = vec![
        state.config.disclosure.service_name.clone(),
        edition,
        format!("この紙の値を測った時: {}", time::to_the_second(state.now)),
    ];
    (Paper { title: "安全管理に関する情報提供".to_owned(), lines, blocks }, tally(&answers))
}

fn opening(page: &mut Page<'_>) {
    let state = page.state;
    let t = tally(page.answers);
    page.chapter("opening", "はじめに");
    let who = match state.config.disclosure.hosting {
        Hosting::Own => {
            "このシステムは、ひとつの医療機関などが自ら運用しています。その場合「事業者」はなく、すべての安全管理をその施設が担います。"
        }
        Hosting::Association => {
            "このシステムは、地域の団体が運営者となり、地域の施設に提供しています。運営者は、提供事業者として安全管理を担います。"
        }
        Hosting::Provider => "このシステムは、提供事業者が施設に提供しています。",
    };
    page.text(format!(
        "{}は、在宅の医療と介護のチームが、患者さんごとに連絡を読み書きする、閉じたシステムです。この文書は、国の「医療情報システムの安全管理に関するガイドライン」と「医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン」が求める情報を、施設が契約の前後に確かめられるように示します。",
        state.config.disclosure.service_name
    ));
    page.text(who);
    page.text("この文書は、動いている設定、測った値、登録された文書、製品の試験から作られます。裏づけのない「はい」は書きません。裏づけが欠けた項目は「いいえ」となり、その理由が書かれます。");
    page.text(format!(
        "付録Aのチェックリスト{}問の、いまの答え: はい {}、いいえ {}、対象外 {}。",
        page.answers.len(),
        t.yes,
        t.no,
        t.not_applicable
    ));
    page.text(
        "あわせてお読みいただくもの: 利用規約、個人情報保護方針、運用管理規程のひな形、患者さんへの説明書。",
    );
    page.section("用語");
    page.table(
        &["ことば", "意味"],
        rows(&[
            ("運営者", "このシステムを動かす人と組織。記録を読む画面を持ちません"),
            ("施設", "病院、診療所、薬局、訪問看護ステーション、介護事業所などの利用者"),
            ("施設管理者", "施設のスタッフ、端末、アクセス記録を受け持つ人"),
            ("患者グループ", "ひとりの患者さんについてのチーム。招待され、承認された人だけが入れます"),
            ("記録の鎖", "記録ごとの指紋を前の記録と結び、後からの変更が必ず見つかるようにしたもの"),
            ("世代", "ある日のバックアップの一式"),
            ("復元の訓練", "バックアップを別の場所に戻し、すべての記録の鎖を検算すること"),
        ]),
    );
    page.chapter("editions", "版数・改訂履歴");
    if state.editions.is_empty() {
        page.text("版として公開したものは、まだありません。この画面の内容は、いまの状態です。");
        return;
    }
    let row = |e: &super::acts::Edition| {
        let t = e.tally;
        vec![
            format!("第{}版", e.n),
            time::day_long(e.at),
            e.change.clone(),
            format!("はい {}・いいえ {}・対象外 {}", t.yes, t.no, t.not_applicable),
        ]
    };
    page.table(&["版", "日付", "変わったところ", "答えの数"], state.editions.iter().map(row).collect());
}

pub(super) fn rows(pairs: &[(&str, &str)]) -> Vec<Vec<String>> {
    pairs.iter().map(|(a, b)| vec![(*a).to_owned(), (*b).to_owned()]).collect()
}

/// Whether a question is answered はい.
pub(super) fn is_yes(answers: &[Answer], n: u32) -> bool {
    answers.iter().any(|a| a.control.n == n && a.verdict == Verdict::Yes)
}
