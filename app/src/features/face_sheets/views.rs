//! The face sheet (患者基礎情報): the whole sheet, section by section.

use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};

use super::fields::{self, BirthDate, Field, Fields, Kind, Section};
use super::room::{Room, RoomTab};
use super::version_views::{VersionRow, versions_list};
use crate::web::forms::done;
use crate::web::ui::time::age_words;
use crate::web::ui::{Ctx, icon};
use crate::web::urls;
use crate::words::t;

#[derive(Clone)]
pub struct FaceSheetView {
    pub room: Room,
    pub fields: Fields,
    pub version: i64,
    /// For ages.
    pub today: Date,
    /// Newest first; the first is this one.
    pub versions: Vec<VersionRow>,
    /// How many fields this version changed against the one before.
    pub changed: usize,
    pub may_edit: bool,
    /// There is no group yet, and the viewer may open one.
    pub may_open_group: bool,
    pub done: Option<String>,
}

crate::opaque_debug!(FaceSheetView);

impl FaceSheetView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            fields: sample_fields(),
            version: 13,
            today: jiff::civil::date(2026, 11, 17),
            versions: VersionRow::samples(),
            changed: 2,
            may_edit: true,
            may_open_group: false,
            done: None,
        }
    }
}

/// An invented sheet, for samples and tests.
pub fn sample_fields() -> Fields {
    [
        ("name", "小野寺 ハル子"),
        ("kana", "おのでら はるこ"),
        ("birthDate", "1934-03-03"),
        ("gender", "female"),
        ("address", "架空県ことり市ひだまり坂 0丁目0番0号\n角の赤い屋根。門は右へ引く"),
        ("telecom", "000-0000-0000"),
        ("livingSituation", "ひとり暮らし。長男が同じ市内"),
        ("emergencyContact", "小野寺 美香さん(長女・福岡)\n000-0000-0000 夜でもよい"),
        ("emergencyContact2", "小野寺 健さん(長男・同じ市内)\n000-0000-0000"),
        ("careLevel", "要介護4"),
        ("careLevelPeriod", "2027年3月31日まで"),
        ("diagnoses", "心房細動(2018年)\n心不全(2021年)\n両変形性膝関節症"),
        ("allergies", "ペニシリン系抗菌薬(2019年、発疹と息苦しさ)"),
        ("medications", "フロセミド 20 mg・朝1回\nメコバラミン 500 μg・毎食後"),
        ("anticoagulants", "ワーファリン 2 mg・朝1回。11月17日・18日は休薬"),
        ("cautions", "ワーファリン服用中。新しい青あざ、黒い便は、夜でも当院へ電話"),
        ("fallRisk", "夜間のトイレ。手すりと足もと灯あり"),
        ("swallowing", "とろみ 中間(150 mL に専用スプーン1杯)"),
        ("diet", "やわらか食。納豆・青汁は避ける"),
        ("mobility", "屋内は歩行器、外は車いす"),
        ("attendingDoctor", "桑原 誠一郎(ひだまり坂クリニック)"),
        ("pharmacy", "すずかけ薬局"),
        ("careManager", "皆川 陽子(居宅介護支援事業所 つむぎ)"),
        (
            "advanceCarePlan",
            "最期まで家で。救急車は呼ぶ前に訪問看護へ\n2026年9月2日、ご本人・長女・桑原医師・五十嵐で話した",
        ),
    ]
    .into_iter()
    .map(|(key, text)| (key.to_owned(), text.to_owned()))
    .collect()
}

pub fn face_sheet_page(view: &FaceSheetView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        @if let Some(newest) = view.versions.first().filter(|newest| newest.number > 1) { (newest_change(view, newest)) }
        @if view.may_open_group { (no_group_yet(view)) }
        nav.jumps aria-label=(t("項目のまとまり")) {
            @for section in Section::ALL { a.chip href={ "#" (section.code()) } { (section.label()) } }
        }
        @for section in Section::ALL { (section_of(view, section)) }
        @if view.may_edit {
            p { a.btn href=(urls::face_sheet_edit(view.room.patient_id)) { (icon("pen")) (t("すべての項目をまとめて直す")) } }
        }
        section.narrow-only { h2 { (t("版の一覧")) } (versions(view)) }
    };
    let side = html! {
        div.section-head { (icon("hist")) h2 { (t("版の一覧")) } }
        p.small.soft { (t("保存するたびに、だれが・いつ・なぜを残します。前の版は消えません。")) }
        (versions(view))
    };
    let bar = view.room.bar(RoomTab::FaceSheet, None);
    view.room.page(ctx, t("患者基礎情報"), bar, body, Some(side))
}

/// The newest versions, and the way to all of them.
fn versions(view: &FaceSheetView) -> Markup {
    html! {
        div.panel { (versions_list(view.room.patient_id, &view.versions, view.version)) }
        p { a href=(urls::face_sheet_versions(view.room.patient_id)) { (t("すべての版を見る")) } }
    }
}

fn no_group_yet(view: &FaceSheetView) -> Markup {
    html! {
        div.callout {
            (icon("group"))
            div {
                h2 { (t("患者グループは、まだ開かれていません")) }
                p.small { (t("開くと、ほかの施設の人を招待して、チームで記録を始められます。")) }
                a.btn href=(urls::open_group(view.room.patient_id)) { (t("グループを開く")) }
            }
        }
    }
}

fn newest_change(view: &FaceSheetView, newest: &VersionRow) -> Markup {
    html! {
        div.callout {
            (icon("hist"))
            div {
                h2 { (t("版")) (newest.number) (t(" で変わったところ: ")) (view.changed) (t("か所")) }
                p.small {
                    (newest.when) (t("、")) (newest.who) "(" (newest.profession.label()) (t(")。理由: ")) (newest.reason) " "
                    a href=(urls::face_sheet_version(view.room.patient_id, newest.number)) { (t("前の版とくらべる")) }
                }
            }
        }
    }
}

fn section_of(view: &FaceSheetView, section: Section) -> Markup {
    let filled: Vec<_> =
        section.fields().filter_map(|f| Some((f, view.fields.get(f.key)?.as_str()))).collect();
    let edit = urls::face_sheet_section(view.room.patient_id, section.code());
    html! {
        section id=(section.code()) aria-labelledby={ "h-" (section.code()) } {
            div.spread {
                h2 id={ "h-" (section.code()) } { (section.label()) }
                @if section == Section::Summary { a.btn.quiet href=(urls::summary(view.room.patient_id)) { (icon("eye")) (t("読んだ人と履歴")) } }
                @if view.may_edit {
                    a.btn href=(edit) aria-label={ (section.label()) (t("を直す")) } { (icon("pen")) (t("直す")) }
                }
            }
            @if filled.is_empty() {
                p.panel.soft { (t("まだ書かれていません。")) @if view.may_edit { (t("分かったことから「直す」で書き足してください。")) } }
            } @else {
                dl.facts-table {
                    @for (field, text) in filled {
                        div { dt { (t(field.label)) } dd { (shown(field, text, Some(view.today))) } }
                    }
                }
            }
        }
    }
}

/// A text as people read it: line breaks kept, a choice by its word, a birth date with era and age.
pub fn shown(field: &Field, text: &str, today: Option<Date>) -> Markup {
    if field.kind == Kind::PartialDate
        && let Ok(date) = text.parse::<BirthDate>()
    {
        let age = today.map(|today| age_words(text, today)).filter(|age| !age.is_empty());
        return html! { (date.shown()) @if let Some(age) = age { (t("・")) (age) } };
    }
    if field.kind == Kind::Tel {
        return phones(text);
    }
    lines(field.shown(text))
}

/// Text with its line breaks.
pub fn lines(text: &str) -> Markup {
    html! {
        @for (n, line) in text.lines().enumerate() { @if n > 0 { br; } (line) }
    }
}

/// Text in which every Japanese phone number is a link to call.
fn phones(text: &str) -> Markup {
    let mut out = String::new();
    for (n, line) in text.lines().enumerate() {
        if n > 0 {
            out.push_str("<br>");
        }
        for word in line.split_inclusive([' ', '　', '、', '(', ')']) {
            let number = word.trim_end_matches([' ', '　', '、', '(', ')']);
            if is_phone_number(number) {
                let digits: String = number.chars().filter(char::is_ascii_digit).collect();
                let link = html! { a.tel href={ "tel:" (digits) } { (icon("tel")) (number) } };
                out.push_str(&link.0);
                out.push_str(&html! { (&word[number.len()..]) }.0);
            } else {
                out.push_str(&html! { (word) }.0);
            }
        }
    }
    PreEscaped(out)
}

fn is_phone_number(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (10..=11).contains(&digits)
        && word.starts_with('0')
        && word.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// The label of a key; keys of older tables keep their name.
pub fn label_of(key: &str) -> &str {
    fields::find(key).map_or(key, |field| t(field.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_can_be_called_and_text_stays_text() {
        let shown = phones("<美香>さん 000-0000-0000 夜でもよい").0;
        assert!(shown.contains("&lt;美香&gt;さん"), "{shown}");
        assert!(shown.contains("href=\"tel:00000000000\""), "{shown}");
        assert!(!phones("要介護4 2027-03-31").0.contains("tel:"));
    }

    #[test]
    fn a_birth_date_is_shown_with_era_and_age() {
        let field = fields::find("birthDate").expect("a field of the table");
        let today = jiff::civil::date(2026, 11, 17);
        assert_eq!(shown(field, "1934-03-03", Some(today)).0, "1934年(昭和9年)3月3日・92歳");
    }
}
