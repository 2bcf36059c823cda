//! The leaflet: what a facility gives to patients and families, with this deployment's own facts, in the language that is spoken.

use paper::{Block, Paper};

use super::State;
use crate::words::{fill, is_english, t};

/// To print: what it is, who reads, what cannot be undone, the page of patient and family, whom to ask.
pub fn leaflet(state: &State) -> Paper {
    let name = &state.config.disclosure.service_name;
    let mut lines = vec![t("患者さんとご家族へ").to_owned()];
    if is_english() {
        lines.push(
            t("この紙は、日本語の説明書の訳です。違いがあるときは、日本語のほうが正しいものです。")
                .to_owned(),
        );
    }
    let mut blocks = vec![
        Block::heading(2, t("これは何ですか"), ""),
        Block::text(fill(
            t(
                "{name}は、あなたを支える医師、看護師、薬剤師、ケアマネジャー、ヘルパーなどが、あなたについての連絡を、ひとつの場所で読み書きするためのしくみです。",
            ),
            &[("name", name)],
        )),
        Block::heading(2, t("だれが読みますか"), ""),
        Block::list([
            t("あなたのチームに入った人だけが読みます。ほかの人は、あなたのグループがあることも知りません。"),
            t("だれが、いつ読んだかが、すべて残ります。"),
            t("このしくみを動かす人の画面には、記録を読む手段がありません。"),
        ]),
    ];
    blocks.extend(kept(state));
    blocks.extend(page());
    blocks.extend(consent());
    Paper { title: fill(t("{name}についての説明と同意"), &[("name", name)]), lines, blocks }
}

fn kept(state: &State) -> [Block; 2] {
    let places: Vec<&str> =
        state.entries("place").filter(|p| p.get("part") == "database").map(|p| p.get("place")).collect();
    let place = if places.is_empty() {
        t("施設におたずねください").to_owned()
    } else {
        places.join(t("、"))
    };
    [
        Block::heading(2, t("どう守られますか"), ""),
        Block::list([
            t("記録もファイルも、暗号にしてからしまいます。").to_owned(),
            fill(t("しまう場所: {place}"), &[("place", &place)]),
            t("書いたものは、だれにも消せず、書きかえられません。まちがいは、訂正として並べて示します。")
                .to_owned(),
            t("亡くなったあとも、同じように守られます。").to_owned(),
            t("広告や統計など、ほかの目的には使いません。").to_owned(),
        ]),
    ]
}

fn page() -> [Block; 2] {
    [
        Block::heading(2, t("ご本人とご家族のページ"), ""),
        Block::list([
            t(
                "ご希望があれば、在宅チームと話すためのページを使えます。担当の施設が、おひとりずつ招待します。",
            ),
            t(
                "そのページで読めるのは、そこに書かれたものだけです。チームの中の連絡は、ご家族には見えません。",
            ),
            t(
                "書いたもの、送った写真やPDFは、チームと、招待された方が読みます。あとから直すこと、取り消すことができますが、記録には残ります。",
            ),
            t(
                "あたらしいものがあると、スマートフォンやメールで知らせることができます。お知らせに、名前や内容は出ません。",
            ),
            t("いつもだれかが見ているわけではありません。急ぎのときは、電話をしてください。"),
            t("やめたいときは、担当の施設に言ってください。その日から、ページは開かなくなります。"),
        ]),
    ]
}

fn consent() -> Vec<Block> {
    vec![
        Block::heading(2, t("お願いと選択"), ""),
        Block::list([
            t("参加する施設の名前を、担当者が説明します。断ることも、あとでやめることもできます。"),
            t("やめたあとの記録は、法律で決められた期間、読めない形で残ることがあります。"),
            t("記録を見たい、直してほしいときは、担当の施設に言ってください。"),
        ]),
        Block::heading(2, t("聞きたいとき"), ""),
        Block::text(t("担当の施設: ［　　　　　　　　　　　　］　電話 ［　　　　　　　　　］")),
        Block::heading(2, t("同意（施設が保管します）"), ""),
        Block::text(t("説明を受け、同意します。　　　　　年　　　月　　　日")),
        Block::text(t(
            "お名前 ［　　　　　　　　　　　　　　　］　代わりのかた ［　　　　　　　　　　　］（続柄　　　　）",
        )),
        Block::text(t("説明した人 ［　　　　　　　　　　　　　］")),
    ]
}
