//! The catalogue is whole: nothing is missing, nothing is left over, and the places of both texts are the same.

use std::collections::BTreeSet;

use super::{
    catalogue, exempt, script,
    sources::{self, Token, is_japanese, is_spoken},
};

/// Texts whose English holds Japanese: what has to be typed in Japanese, and a postal mark.
const QUOTES_JAPANESE: &[&str] = &[
    "〒{0} {1}",
    "見出し: 氏名,ふりがな,職種,ID,メール,管理者（ID・メール・管理者は空でかまいません）",
    "見出し: 日付,時刻,体温,最高血圧,最低血圧,脈拍,SpO2,呼吸数,体重,血糖,機器,メモ（ない列は省けます）",
    "体温：[数 ℃]",
    "次の訪問：[日付]",
    "ようす：[文]",
    "経過：[長文]",
    "[ ] の中は「数」「日付」「文」「長文」、または「/」で区切った2つ以上の言葉にしてください。",
];

#[test]
fn every_text_has_its_english_and_nothing_is_left_over() {
    let spoken = sources::spoken();
    assert!(spoken.len() > 1000, "the scan finds texts: {}", spoken.len());
    let missing: Vec<_> = spoken
        .iter()
        .filter(|(text, _)| catalogue::english(text).is_none())
        .map(|(text, file)| format!("{file}: {text}"))
        .collect();
    assert!(missing.is_empty(), "no English in app/words/en for {missing:#?}");
    let left: Vec<_> =
        catalogue::all().filter(|(text, _)| !spoken.contains_key(*text)).map(|(text, _)| text).collect();
    assert!(left.is_empty(), "nothing says {left:#?}");
}

#[test]
fn a_text_stands_in_one_file_of_the_catalogue() {
    let mut seen = BTreeSet::new();
    for (name, text) in catalogue::FILES {
        let part: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).expect("JSON");
        for key in part.keys() {
            assert!(seen.insert(key.clone()), "{name}: {key} stands in two files");
        }
    }
}

/// The names between braces, sorted.
fn places(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn both_texts_have_the_same_places_and_english_is_english() {
    for (japanese, english) in catalogue::all() {
        assert_eq!(places(japanese), places(english), "{japanese} / {english}");
        assert!(!is_japanese(english) || QUOTES_JAPANESE.contains(&japanese), "{english}");
    }
}

#[test]
fn markup_says_nothing_in_japanese_alone() {
    let mut plain = Vec::new();
    for (file, tokens) in sources::all().into_iter().filter(|(file, _)| !exempt::markup(file)) {
        let (mut depth, mut markup, mut samples) = (0, None, None);
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Word(name) if name == "html" && tokens.get(at + 1) == Some(&Token::Sign('!')) => {
                    markup = markup.or(Some(depth));
                }
                Token::Word(name) if name == "fn" => {
                    let sample =
                        |word: &str| word == "sample" || word == "samples" || word.starts_with("sample_");
                    if matches!(tokens.get(at + 1), Some(Token::Word(word)) if sample(word)) {
                        samples = Some(depth);
                    }
                }
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => {
                    depth -= 1;
                    if markup == Some(depth) {
                        markup = None;
                    }
                    if samples == Some(depth) && tokens[at] == Token::Sign('}') {
                        samples = None;
                    }
                }
                Token::Text(text) if markup.is_some() && samples.is_none() && is_japanese(text) => {
                    let compared =
                        at >= 1 && tokens[at - 1] == Token::Sign('=') && tokens[at - 2] == Token::Sign('=');
                    if !is_spoken(&tokens, at) && !compared {
                        plain.push(format!("{file}: {text}"));
                    }
                }
                _ => {}
            }
        }
    }
    assert!(plain.is_empty(), "write t(\"…\") for {plain:#?}");
}

#[test]
fn the_scripts_have_their_english() {
    let english: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(script::SOURCE).expect("JSON");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/js");
    let mut said = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("scripts") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a script");
        let tokens = sources::tokens(&text);
        for (at, token) in tokens.iter().enumerate() {
            let Token::Text(text) = token else { continue };
            if is_spoken(&tokens, at) {
                assert!(english.contains_key(text), "{}: {text}", path.display());
                said.insert(text.clone());
            } else {
                // What stands before a point of a list is written into what the person typed.
                assert!(!is_japanese(text) || text == "・", "{}: write t(\"{text}\")", path.display());
            }
        }
        // The texts with values too are plain texts, not templates.
        let template =
            text.split('`').skip(1).step_by(2).find(|part| !part.contains('\n') && is_japanese(part));
        assert!(template.is_none(), "{}: {template:?}", path.display());
    }
    let left: Vec<_> = english.keys().filter(|text| !said.contains(*text)).collect();
    assert!(left.is_empty(), "no script says {left:?}");
    for (japanese, words) in &english {
        let words = words.as_str().expect("a text");
        assert_eq!(places(japanese), places(words), "{japanese}");
        assert!(!is_japanese(words) && !words.contains("</"), "{words}");
    }
}
