use super::fields::{Fields, Section};
use super::merge::*;

fn sheet(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn a_difference_names_changed_added_and_emptied_fields_in_table_order() {
    let before = sheet(&[("name", "A"), ("note", "x"), ("diet", "並"), ("oldKey", "1")]);
    let after = sheet(&[("name", "A"), ("allergies", "卵"), ("diet", "きざみ")]);
    let keys: Vec<_> = diff(&before, &after).into_iter().map(|c| (c.key, c.before, c.after)).collect();
    let some = |s: &str| Some(s.to_owned());
    assert_eq!(
        keys,
        [
            ("allergies".to_owned(), None, some("卵")),
            ("diet".to_owned(), some("並"), some("きざみ")),
            ("note".to_owned(), some("x"), None),
            ("oldKey".to_owned(), some("1"), None),
        ]
    );
    assert_eq!(diff(&after, &after), []);
}

#[test]
fn changes_to_different_fields_are_joined() {
    let base = sheet(&[("name", "A"), ("diet", "並"), ("note", "x")]);
    let mine = sheet(&[("name", "A"), ("diet", "きざみ")]);
    let theirs = sheet(&[("name", "A"), ("diet", "並"), ("note", "x"), ("sleep", "よい")]);
    let merge = merge(&base, &mine, &theirs);
    assert_eq!(merge.conflicts, []);
    assert_eq!(merge.merged, sheet(&[("name", "A"), ("diet", "きざみ"), ("sleep", "よい")]));
}

#[test]
fn changes_to_the_same_field_ask_a_person_and_lose_nothing() {
    let base = sheet(&[("name", "A"), ("diet", "並")]);
    let mine = sheet(&[("name", "A"), ("diet", "きざみ")]);
    let theirs = sheet(&[("name", "A")]);
    let conflict = Conflict { key: "diet".to_owned(), mine: Some("きざみ".to_owned()), theirs: None };
    assert_eq!(merge(&base, &mine, &theirs).conflicts, [conflict]);
    assert_eq!(merge(&base, &mine, &mine).conflicts, []);
}

#[test]
fn a_pick_keeps_one_text_or_both() {
    let text = |s: &str| Some(s.to_owned());
    let conflict = Conflict { key: "diet".to_owned(), mine: text("きざみ"), theirs: text("並") };
    assert_eq!(conflict.resolved(Pick::Mine), text("きざみ"));
    assert_eq!(conflict.resolved(Pick::Theirs), text("並"));
    assert_eq!(conflict.resolved(Pick::Both), text("並\nきざみ"));
    assert!(conflict.may_keep_both());
    let level =
        Conflict { key: "careLevel".to_owned(), mine: text("要介護4"), theirs: text("要介護5") };
    assert!(!level.may_keep_both());
    let emptied = Conflict { key: "diet".to_owned(), mine: None, theirs: text("並") };
    assert_eq!(emptied.resolved(Pick::Both), text("並"));
    assert_eq!(emptied.resolved(Pick::Mine), None);
}

#[test]
fn a_form_of_one_section_leaves_the_others_alone() {
    let base = sheet(&[("name", "A"), ("diet", "並"), ("fallRisk", "x"), ("oldKey", "1")]);
    let typed = sheet(&[("diet", "きざみ"), ("name", "B")]);
    let expected = sheet(&[("name", "A"), ("diet", "きざみ"), ("oldKey", "1")]);
    assert_eq!(with_section(&base, Section::Care, &typed), expected);
}

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_form_of_a_conflict_becomes_one_sheet() {
    let sent = form(&[
        ("name", "A"),
        ("mine.diet", "きざみ"),
        ("theirs.diet", "並"),
        ("pick.diet", "both"),
        ("theirs.sleep", "よい"),
        ("pick.sleep", "mine"),
    ]);
    assert_eq!(from_form(&sent), Ok(sheet(&[("name", "A"), ("diet", "並\nきざみ")])));
}

#[test]
fn a_conflict_without_a_pick_comes_back() {
    let sent = form(&[("name", "A"), ("mine.diet", "きざみ"), ("theirs.diet", "並")]);
    assert_eq!(from_form(&sent), Err(vec!["diet".to_owned()]));
    let two_levels =
        form(&[("mine.careLevel", "要介護4"), ("theirs.careLevel", "要介護5"), ("pick.careLevel", "both")]);
    assert_eq!(from_form(&two_levels), Err(vec!["careLevel".to_owned()]));
}
