//! Folding and finding against the plainest thing that could be right, over texts of every width, kana and case.

use folding::{Query, fold};
use proptest::{prelude::*, sample::select};
use unicode_normalization::UnicodeNormalization;

/// The whole text at once, character by character: no pieces, no short cuts.
fn plainly(text: &str) -> String {
    let unseen = |c: &char| {
        c.is_whitespace()
            || "・･\u{ad}\u{feff}".contains(*c)
            || ('\u{180b}'..='\u{180f}').contains(c)
            || ('\u{200b}'..='\u{200f}').contains(c)
            || ('\u{2060}'..='\u{2064}').contains(c)
            || ('\u{fe00}'..='\u{fe0f}').contains(c)
            || ('\u{e0100}'..='\u{e01ef}').contains(c)
    };
    let composed: String = text
        .chars()
        .filter(|c| !unseen(c))
        .map(|c| match c {
            '゛' => '\u{3099}',
            '゜' => '\u{309a}',
            c => c,
        })
        .nfkc()
        .collect();
    let lower = composed.chars().filter(|c| !unseen(c)).flat_map(char::to_lowercase);
    let kana = lower.map(|c| match c {
        'ヵ' | 'ヶ' | 'ゕ' | 'ゖ' => "か".to_owned(),
        'ヷ' => "わ\u{3099}".to_owned(),
        'ヸ' => "ゐ\u{3099}".to_owned(),
        'ヹ' => "ゑ\u{3099}".to_owned(),
        'ヺ' => "を\u{3099}".to_owned(),
        'ァ'..='ヴ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - 0x60).unwrap().to_string(),
        '-' | '~' | '〜' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '━' | '〰' => {
            "ー".to_owned()
        }
        'ς' => "σ".to_owned(),
        c => c.to_string(),
    });
    kana.collect()
}

/// The ways to type one and the same thing.
const WAYS: &[&[&str]] = &[
    &["が", "ガ", "ｶﾞ", "か\u{3099}", "カ\u{3099}", "か゛", "カ゛", "カﾞ", "か\u{200b}\u{3099}"],
    &["ぱ", "パ", "ﾊﾟ", "は\u{309a}", "ハ゜", "ﾊ\u{309a}"],
    &["ヴ", "ｳﾞ", "ゔ", "う\u{3099}", "う゛"],
    &["ヷ", "わ\u{3099}", "ワ゛", "ﾜﾞ"],
    &["平成", "㍻", "平 成", "平\u{3000}成"],
    &["キロ", "㌔", "ｷﾛ", "きろ", "き\nろ"],
    &["株式会社", "㍿", "株式・会社"],
    &["(株)", "㈱", "（株）"],
    &["ミリグラム", "㍉㌘", "みりｸﾞﾗﾑ"],
    &["BP", "bp", "ＢＰ", "Ｂｐ"],
    &["128", "１２８", "1２8"],
    &["1", "①", "１"],
    &["IV", "Ⅳ", "ｉｖ"],
    &["サーバー", "サ―バ―", "ｻｰﾊﾞｰ", "さーばー", "サ－バ－", "サ〜バ～"],
    &["1ヶ月", "1か月", "１カ月", "１ヵ月", "1ｶ月"],
    &["葛城", "葛\u{e0100}城", "葛 城"],
    &["神", "\u{fa19}"],
    &["ケアマネジャー", "ケア・マネジャー", "ｹｱﾏﾈｼﾞｬｰ", "けあまねじゃー"],
    &["℃", "°C", "°ｃ"],
    &["ℓ", "l", "Ｌ"],
    &["ΟΔΟΣ", "οδος", "οδοσ"],
    &["É", "e\u{301}", "E\u{301}"],
    &["각", "\u{1100}\u{1161}\u{11a8}", "가\u{11a8}"],
    &["…", "...", "．．．"],
];

fn said() -> impl Strategy<Value = String> {
    let known = select(WAYS).prop_flat_map(|ways| select(ways.to_vec())).prop_map(str::to_owned);
    let words = select(vec![
        "血圧",
        "の",
        "を",
        "訪問しました。",
        "、",
        "\n",
        "夜間",
        "咳",
        "A",
        "z",
        "か",
        "カ",
        "゛",
        "\u{3099}",
        "ﾞ",
        "\u{fe0f}",
        "・",
        " ",
        "　",
        "👩\u{200d}⚕\u{fe0f}",
        "😀",
        "ｱ",
        "ﾞﾟ",
    ]);
    prop_oneof![4 => known, 4 => words.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from), 1 => "\\PC{0,3}"]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(said(), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn folding_in_pieces_is_folding_the_whole(text in text()) {
        prop_assert_eq!(fold(&text), plainly(&text));
    }

    /// Whatever way it was typed, at the beginning, in the middle or at the end, every other way of typing it finds it.
    #[test]
    fn every_way_of_typing_finds_every_other(ways in select(WAYS), before in text(), behind in text(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (typed, looked_for) = (ways[a.index(ways.len())], ways[b.index(ways.len())]);
        let query = Query::parse(&format!("\"{looked_for}\""));
        prop_assert_eq!(fold(typed), fold(looked_for));
        for text in [format!("{typed}。{behind}"), format!("{before}。{typed}"), format!("{before}、{typed}、{behind}"), typed.to_owned()] {
            prop_assert!(query.matches(&text), "{:?} in {:?}", looked_for, text);
            prop_assert!(query.excerpt(&text).iter().any(|piece| piece.marked), "marked in {:?}", text);
        }
    }

    #[test]
    fn finding_is_what_the_plain_reference_says(text in text(), word in text()) {
        let folded = plainly(&word);
        let query = Query::parse(&format!("\"{}\"", word.replace(['"', '“', '”', '＂'], "")));
        let folded = if word.contains(['"', '“', '”', '＂']) { plainly(&word.replace(['"', '“', '”', '＂'], "")) } else { folded };
        prop_assert_eq!(query.is_empty(), folded.is_empty());
        if !folded.is_empty() {
            prop_assert_eq!(query.matches(&text), plainly(&text).contains(&folded));
        }
    }

    /// What is shown is what was typed: nothing is changed, added or lost but at the cuts.
    #[test]
    fn what_is_shown_is_what_was_typed(text in text(), word in said()) {
        let query = Query::parse(&word);
        let whole: String = query.marked(&text).into_iter().map(|piece| piece.text).collect();
        prop_assert_eq!(&whole, &text);
        for piece in query.excerpt(&text).iter().filter(|piece| piece.marked) {
            prop_assert!(text.contains(&piece.text));
        }
        for piece in query.marked(&text).iter().filter(|piece| piece.marked) {
            prop_assert!(query.words() > 1 || fold(&piece.text).contains(&fold(word.trim_matches(['"', '“', '”', '＂']))) || query.is_empty());
        }
    }
}

#[test]
fn an_excerpt_shows_a_few_characters_around_each_word() {
    let text =
        format!("{}夜間に　ｾﾝ妄あり。{}発熱なし。{}", "あ".repeat(60), "い".repeat(120), "う".repeat(90));
    let shown: String = Query::parse("せん妄 発熱")
        .excerpt(&text)
        .iter()
        .map(|p| if p.marked { format!("[{}]", p.text) } else { p.text.clone() })
        .collect();
    assert!(shown.starts_with("…あああああああああああ"), "{shown}");
    assert!(shown.contains("夜間に　[ｾﾝ妄]あり。い"), "{shown}");
    assert!(shown.contains("…いいいいいいいいいいいいいいいい[発熱]なし。う"), "{shown}");
    assert!(shown.ends_with("う…"), "{shown}");
    assert!(shown.chars().count() < 160);
}

#[test]
fn a_mark_holds_the_selector_of_its_character_and_no_space_behind_it() {
    let marked = |word: &str, text: &str| {
        let pieces = Query::parse(word).marked(text);
        pieces.into_iter().filter(|p| p.marked).map(|p| p.text).collect::<Vec<_>>()
    };
    assert_eq!(marked("葛", "葛\u{e0100}城さん"), ["葛\u{e0100}"]);
    assert_eq!(marked("血圧", "血圧 128 血圧　"), ["血圧", "血圧"]);
    assert_eq!(marked("山田太郎", "山田 太郎さん"), ["山田 太郎"]);
    assert_eq!(marked("式会", "㍿"), ["㍿"]);
    assert_eq!(marked("がく", "か゛くり"), ["か゛く"]);
}
