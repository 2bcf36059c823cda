//! What the pages of the help quote is there: the words of a button stand in the sources, their English stands in the help's English,
//! and each page is linked from the screen that it explains.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    catalogue,
    sources::{self, Token, is_spoken},
};

const HELP: &str = "features/help/topics/";

/// Words of the phone, not of this product.
const OF_THE_PHONE: [&str; 3] = ["自動で合わせる", "共有", "ホーム画面に追加"];

/// Pages that are about no one screen, or about those before the door.
const OF_NO_SCREEN: [&str; 7] = [
    "acknowledging",
    "family-first",
    "family-using",
    "first-sign-in",
    "offline",
    "posting",
    "sign-in-trouble",
];

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('「').skip(1).filter_map(|rest| rest.split_once('」')).map(|(word, _)| word)
}

/// The texts of the help, and every other text of the sources without the space around it.
fn texts() -> (Vec<String>, BTreeSet<String>) {
    let (mut help, mut elsewhere) = (Vec::new(), BTreeSet::new());
    let screens = |file: &str| !file.starts_with("words/");
    for (file, tokens) in sources::all().into_iter().filter(|(file, _)| screens(file)) {
        let of_help = file.starts_with(HELP);
        for (at, token) in tokens.iter().enumerate() {
            let Token::Text(text) = token else { continue };
            if !of_help {
                elsewhere.insert(text.trim().to_owned());
            } else if is_spoken(&tokens, at) {
                help.push(text.clone());
            }
        }
    }
    (help, elsewhere)
}

/// A word that goes on (`続けて違ったため…`) is the beginning of one.
fn stands(word: &str, texts: &BTreeSet<String>) -> bool {
    match word.strip_suffix('…') {
        Some(beginning) => texts.iter().any(|text| text.starts_with(beginning)),
        None => texts.contains(word),
    }
}

#[test]
fn the_help_quotes_words_that_stand_on_a_screen() {
    let (help, elsewhere) = texts();
    let words: BTreeSet<&str> = help.iter().flat_map(|text| quoted(text)).collect();
    assert!(words.len() > 100, "the scan finds words: {}", words.len());
    let gone: Vec<_> =
        words.iter().filter(|word| !OF_THE_PHONE.contains(word) && !stands(word, &elsewhere)).collect();
    assert!(gone.is_empty(), "no screen says {gone:#?}");
    assert!(!stands("そのようなボタン", &elsewhere), "the test can fail");
}

#[test]
fn the_english_help_quotes_the_english_words() {
    let mut english: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (japanese, words) in catalogue::all() {
        let word = japanese.split('|').next().unwrap_or(japanese).trim();
        english.entry(word).or_default().push(words.trim().to_lowercase());
    }
    let mut other = Vec::new();
    for text in texts().0 {
        let said = catalogue::english(&text).unwrap_or_default().to_lowercase();
        for word in quoted(&text) {
            if let Some(all) = english.get(word)
                && !all.iter().any(|one| said.contains(one))
            {
                other.push(format!("{word} ({}): {said}", all.join(" / ")));
            }
        }
    }
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn each_page_of_the_help_is_linked_from_its_screen() {
    let (mut linked, mut slugs) = (BTreeSet::new(), BTreeSet::new());
    for (file, tokens) in sources::all() {
        for three in tokens.windows(3) {
            match three {
                [Token::Word(name), Token::Sign('('), Token::Text(slug)] if name == "how_to" => {
                    linked.insert(slug.clone());
                }
                [Token::Word(name), Token::Sign(':'), Token::Text(slug)]
                    if name == "slug" && file.starts_with(HELP) =>
                {
                    slugs.insert(slug.clone());
                }
                _ => {}
            }
        }
    }
    let astray: Vec<_> = linked.difference(&slugs).collect();
    assert!(astray.is_empty(), "there is no page {astray:?}");
    let alone: Vec<_> = slugs.difference(&linked).map(String::as_str).collect();
    assert_eq!(alone, OF_NO_SCREEN);
}
