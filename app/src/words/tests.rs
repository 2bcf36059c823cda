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
