use super::fields::*;

fn sheet(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn codes(problems: &[Problem]) -> Vec<(&str, &str)> {
    problems.iter().map(|p| (p.key.as_str(), p.code)).collect()
}

#[test]
fn the_table_names_every_field_once_and_fills_every_section() {
    let keys: std::collections::BTreeSet<_> = FIELDS.iter().map(|f| f.key).collect();
    assert_eq!(keys.len(), FIELDS.len());
    assert_eq!(Section::ALL.iter().map(|s| s.fields().count()).sum::<usize>(), FIELDS.len());
    assert!(Section::ALL.iter().all(|s| s.fields().count() > 0));
    for section in Section::ALL {
        assert_eq!(Section::from_code(section.code()), Some(section));
    }
}

#[test]
fn every_choice_fits_its_own_limit() {
    for field in FIELDS {
        if let Kind::Select(choices) = field.kind {
            for choice in choices {
                let typed = [("name", "小野寺 ハル子"), (field.key, choice.value)];
                assert!(read(typed).is_ok(), "{} {}", field.key, choice.value);
                assert_eq!(field.shown(choice.value), choice.label);
            }
        }
    }
}

#[test]
fn reading_tidies_and_drops_empty_texts() {
    let typed = [
        ("name", " 小野寺 ハル子 "),
        ("diet", "やわらか食\r\nきざみ"),
        ("sleep", "  \r\n"),
        ("kana", "か\u{3099}"),
    ];
    let expected = sheet(&[("name", "小野寺 ハル子"), ("diet", "やわらか食\nきざみ"), ("kana", "が")]);
    assert_eq!(read(typed), Ok(expected));
}

#[test]
fn a_variation_selector_in_a_name_is_kept() {
    let read = read([("name", "葛\u{E0100}城")]).expect("a name");
    assert_eq!(read["name"], "葛\u{E0100}城");
}

#[test]
fn every_problem_is_told_at_once() {
    let long = "あ".repeat(81);
    let typed = [
        ("zzz", "?"),
        ("careLevel", "要介護9"),
        ("birthDate", "1934-02-30"),
        ("name", long.as_str()),
        ("kana", "おの\nでら"),
        ("note", "a\u{202E}b"),
    ];
    let problems = read(typed).expect_err("six problems");
    assert_eq!(
        codes(&problems),
        [
            ("name", "too_long"),
            ("kana", "one_line"),
            ("birthDate", "date"),
            ("careLevel", "choice"),
            ("note", "forbidden_character"),
            ("zzz", "unknown_field"),
        ]
    );
}

#[test]
fn a_sheet_without_a_name_is_refused() {
    assert_eq!(codes(&read([("diet", "やわらか食")]).expect_err("no name")), [("name", "required")]);
}

#[test]
fn the_longest_text_is_counted_in_characters() {
    let eighty = "髙".repeat(80);
    assert!(read([("name", eighty.as_str())]).is_ok());
}
