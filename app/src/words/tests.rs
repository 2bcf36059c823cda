use std::collections::BTreeSet;

use super::*;

#[test]
fn japanese_is_itself_and_places_are_filled() {
    assert_eq!((t("保存"), language(), is_english()), ("保存", Language::Japanese, false));
    assert_eq!(
        fill("{name}さんの投稿、{0}件 {{印}} {?", &[("name", &"花"), ("0", &3)]),
        "花さんの投稿、3件 {印} {?"
    );
    // What stands in a value is not looked at again.
    assert_eq!(fill("{a}{b}", &[("a", &"{b}"), ("b", &1)]), "{b}1");
}

#[test]
fn what_is_stored_stays_japanese_in_an_english_request() {
    in_english(|| {
        assert!(is_english());
        assert_eq!(stored(|| (language(), t("保存"))), (Language::Japanese, "保存"));
        assert!(is_english());
    });
}

#[test]
fn the_browsers_wish_is_read_by_its_weights() {
    let read = |header: &str| Language::accepted(header);
    assert_eq!(read("en-US,en;q=0.9,ja;q=0.8"), Some(Language::English));
    assert_eq!(read("ja,en-US;q=0.9"), Some(Language::Japanese));
    assert_eq!(read("fr, en;q=0.3, ja;q=0.5"), Some(Language::Japanese));
    assert_eq!(read("de, en;q=0"), None);
    assert_eq!(read(""), None);
}

/// What letters say: the literals of the calls that put words into one.
fn said_in_letters() -> BTreeSet<String> {
    use sources::Token::{Sign, Text, Word};
    let mut said = BTreeSet::new();
    for (file, tokens) in sources::all() {
        // Alarms go to operators, in the words of their rules.
        if file == "mail/letter.rs" || file == "features/alarms/tell.rs" {
            continue;
        }
        if !tokens.windows(4).any(|w| w[0] == Word("Letter".into()) && w[3] == Word("new".into())) {
            continue;
        }
        for (at, window) in tokens.windows(3).enumerate() {
            let [Word(call), Sign('('), Text(words)] = window else { continue };
            let before = at.checked_sub(1).map(|n| &tokens[n]);
            if matches!(
                (call.as_str(), before),
                ("new", Some(Sign(':'))) | ("line" | "number" | "id" | "time", Some(Sign('.')))
            ) && sources::is_japanese(words)
            {
                said.insert(words.clone());
            }
        }
    }
    said
}

#[test]
fn every_line_of_a_letter_has_its_english_and_every_english_its_line() {
    let said = said_in_letters();
    assert!(said.len() > 60, "letters are found: {}", said.len());
    let without: Vec<_> = said.iter().filter(|words| in_letter(words).is_none()).collect();
    assert!(without.is_empty(), "no English: {without:#?}");
    // A unit stands behind its number.
    let unsaid: Vec<_> =
        catalogue::of_letters().filter(|(words, _)| *words != "件" && !said.contains(*words)).collect();
    assert!(unsaid.is_empty(), "nothing says these: {unsaid:#?}");
    let broken: Vec<_> =
        catalogue::of_letters().filter(|(_, english)| sources::is_japanese(english)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
