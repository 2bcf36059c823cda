//! The leaflet: what a facility gives to patients and families, with this deployment's own facts.

use paper::{Block, Paper};

use super::State;

/// To print: what it is, who reads, what cannot be undone, the page of patient and family, whom to ask.
pub fn leaflet(state: &State) -> Paper {
    let name = &state.config.disclosure.service_name;
    let places: Vec<&str> =
        state.entries("place").filter(|p| p.get("part") == "database").map(|p| p.get("place")).collect();
    let place =
        if places.is_empty() { "施設におたずねください".to_owned() } else { places.join("、") };
    let blocks = vec![
        Block::heading(2, "これは何ですか", ""),
        Block::text(format!(
            "{name}は、あなたを支える医師、看護師、薬剤師、ケアマネジャー、ヘルパーなどが、あなたについての連絡を、ひとつの場所で読み書きするためのしくみです。"
        )),
        Block::heading(2, "だれが読みますか", ""),
        Block::list([
            "あなたのチームに入った人だけが読みます。ほかの人は、あなたのグループがあることも知りません。",
            "だれが、いつ読んだかが、すべて残ります。",
            "このしくみを動かす人の画面には、記録を読む手段がありません。",
        ]),
        Block::heading(2, "どう守られますか", ""),
        Block::list([
            "記録もファイルも、暗号にしてからしまいます。".to_owned(),
            format!("しまう場所: {place}"),
            "書いたものは、だれにも消せず、書きかえられません。まちがいは、訂正として並べて示します。"
                .to_owned(),
            "亡くなったあとも、同じように守られます。".to_owned(),
            "広告や統計など、ほかの目的には使いません。".to_owned(),
        ]),
        Block::heading(2, "ご本人とご家族のページ", ""),
        Block::list([
            "ご希望があれば、在宅チームと話すためのページを使えます。担当の施設が、おひとりずつ招待します。",
            "そのページで読めるのは、そこに書かれたものだけです。チームの中の連絡は、ご家族には見えません。",
            "書いたもの、送った写真やPDFは、チームと、招待された方が読みます。あとから直すこと、取り消すことができますが、記録には残ります。",
            "あたらしいものがあると、スマートフォンやメールで知らせることができます。お知らせに、名前や内容は出ません。",
            "いつもだれかが見ているわけではありません。急ぎのときは、電話をしてください。",
            "やめたいときは、担当の施設に言ってください。その日から、ページは開かなくなります。",
        ]),
        Block::heading(2, "お願いと選択", ""),
        Block::list([
            "参加する施設の名前を、担当者が説明します。断ることも、あとでやめることもできます。",
            "やめたあとの記録は、法律で決められた期間、読めない形で残ることがあります。",
            "記録を見たい、直してほしいときは、担当の施設に言ってください。",
        ]),
        Block::heading(2, "聞きたいとき", ""),
        Block::text("担当の施設: ［　　　　　　　　　　　　］　電話 ［　　　　　　　　　］"),
        Block::heading(2, "同意（施設が保管します）", ""),
        Block::text("説明を受け、同意します。　　　　　年　　　月　　　日"),
        Block::text(
            "お名前 ［　　　　　　　　　　　　　　　］　代わりのかた ［　　　　　　　　　　　］（続柄　　　　）",
        ),
        Block::text("説明した人 ［　　　　　　　　　　　　　］"),
    ];
    Paper {
        title: format!("{name}についての説明と同意"),
        lines: vec!["患者さんとご家族へ".to_owned()],
        blocks,
    }
}
