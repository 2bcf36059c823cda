//! The patients (患者) of the facility: the list, and what a row leads to.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::forms::{done, private_search};
use crate::web::page::{Page, page};
use crate::web::ui::{Ctx, Tab, Topbar, empty, icon, patient_avatar};
use crate::web::urls;
use crate::words::{fill, t};

/// Patients on one page of the list.
pub const ON_A_PAGE: usize = 100;

/// Whether the patient has a group, and whether I am in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupState {
    /// No group yet.
    None,
    /// Open, and I am a member: the row leads to the timeline.
    Mine(Uuid),
    /// Open; I am not a member and see only that it exists.
    Open(Uuid),
    /// Care has ended; the record stays readable for members.
    Archived(Uuid),
}

/// One patient. Sorted by kana by the caller, in memory.
#[derive(Clone)]
pub struct PatientRow {
    pub patient_id: Uuid,
    pub name: String,
    pub kana: String,
    /// `92歳`; empty when not known.
    pub age: String,
    /// The facility's own number, if it has one.
    pub number: Option<String>,
    pub group: GroupState,
}

#[derive(Clone)]
pub struct PatientsView {
    /// What was searched for; empty for everybody.
    pub q: String,
    pub rows: Vec<PatientRow>,
    /// How many the search found; more than `rows` where the list goes on.
    pub found: usize,
    /// Page of the list, from 0.
    pub page: usize,
    /// How many there are without the search.
    pub total: usize,
    pub may_register: bool,
    pub done: Option<String>,
}

crate::opaque_debug!(PatientRow, PatientsView);

impl PatientsView {
    pub fn sample() -> Self {
        let id = Uuid::from_u128;
        let row = |n, name: &str, kana: &str, age: &str, number: Option<&str>, group| PatientRow {
            patient_id: id(n),
            name: name.to_owned(),
            kana: kana.to_owned(),
            age: age.to_owned(),
            number: number.map(str::to_owned),
            group,
        };
        Self {
            q: String::new(),
            rows: vec![
                row(
                    1,
                    "アレクサンドラ・フェルナンデス=山之内",
                    "あれくさんどら・ふぇるなんです=やまのうち",
                    "81歳",
                    Some("S-0107"),
                    GroupState::Mine(id(11)),
                ),
                row(
                    2,
                    "五百旗頭 源之助",
                    "いおきべ げんのすけ",
                    "88歳",
                    Some("S-0042"),
                    GroupState::Open(id(12)),
                ),
                row(3, "小野寺 ハル子", "おのでら はるこ", "92歳", Some("S-0003"), GroupState::Mine(id(13))),
                row(4, "勅使河原 喜代美", "てしがわら きよみ", "78歳", None, GroupState::None),
                row(5, "二階堂 トメ", "にかいどう とめ", "", Some("S-0011"), GroupState::Archived(id(15))),
            ],
            found: 5,
            page: 0,
            total: 5,
            may_register: true,
            done: None,
        }
    }
}

impl PatientsView {
    /// The first day.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), found: 0, total: 0, ..Self::sample() }
    }
}

pub fn patients_page(view: &PatientsView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        @if view.total > 0 { (private_search(urls::patients_search(), t("患者さんを探す"), t("名前・ふりがなで探す"), &view.q)) }
        @if view.total == 0 {
            (no_patients(view.may_register))
        } @else if view.rows.is_empty() {
            (empty("search", t("見つかりませんでした"), t("名前か、ふりがなの一部だけで探してみてください。"),
                Some(html! { a.btn href=(urls::patients()) { (t("すべての患者さんを見る")) } })))
        } @else {
            section {
                h2 { @if view.q.is_empty() { (t("五十音の順")) } @else { (t("見つかった患者さん ")) (view.found) (t("人")) } }
                ul.groups.panel.flush { @for row in &view.rows { li { (patient_row(row)) } } }
            }
            (rest(view))
        }
    };
    let note = fill(t("{0}人"), &[("0", &view.total)]);
    let acts = (view.may_register && view.total > 0).then(register);
    let bar = Topbar { title: t("患者"), note: Some(&note), acts, ..Topbar::default() };
    page(ctx, Page { title: t("患者"), tab: Tab::Patients, bar, body })
}

/// The way to the rest of a long list. A search has no address to go on from: it is to be narrowed.
fn rest(view: &PatientsView) -> Markup {
    let more = (view.page + 1) * ON_A_PAGE < view.found;
    html! {
        @if !view.q.is_empty() {
            @if more { p.soft { (t("はじめの")) (view.rows.len()) (t("人です。名前をもう少し長く入れて、探しなおしてください。")) } }
        } @else if more || view.page > 0 {
            nav.pager aria-label=(t("一覧の続き")) {
                @if view.page > 0 { a.btn href=(urls::patients_page(view.page - 1)) rel="prev" { (icon("back")) (t("前の")) (ON_A_PAGE) (t("人")) } }
                @if more { a.btn href=(urls::patients_page(view.page + 1)) rel="next" { (t("次の")) (ON_A_PAGE) (t("人")) (icon("next")) } }
            }
        }
    }
}

fn register() -> Markup {
    html! { a.btn href=(urls::new_patient()) { (icon("plus")) (t("登録")) } }
}

fn no_patients(may_register: bool) -> Markup {
    if may_register {
        empty(
            "patients",
            t("まだ患者さんがいません"),
            t("最初の患者さんを登録すると、チームで記録を始められます。"),
            Some(
                html! { a.btn.primary href=(urls::new_patient()) { (icon("plus")) (t("患者さんを登録する")) } },
            ),
        )
    } else {
        empty(
            "patients",
            t("まだ患者さんがいません"),
            t("施設の管理者が登録するか、ほかの施設から招待されると、ここに出ます。"),
            None,
        )
    }
}

fn patient_row(row: &PatientRow) -> Markup {
    let href = match row.group {
        GroupState::Mine(group) | GroupState::Archived(group) => urls::group(group),
        GroupState::Open(group) => urls::group_members(group),
        GroupState::None => urls::face_sheet(row.patient_id),
    };
    html! {
        a.group href=(href) {
            (patient_avatar(&row.name))
            span.name { (row.name) (t(" 様 ")) @if !row.age.is_empty() { small { (row.age) } } }
            span.marks {}
            span.last { (row.kana) @if let Some(number) = &row.number { (t("・番号 ")) (number) } }
            span.tags { (group_badge(row.group)) }
        }
    }
}

fn group_badge(state: GroupState) -> Markup {
    match state {
        GroupState::Mine(_) => html! { span.badge.accent { (icon("group")) (t("参加しています")) } },
        GroupState::Open(_) => html! { span.badge.plain { (icon("lock")) (t("参加していません")) } },
        GroupState::Archived(_) => html! { span.badge.plain { (icon("folder")) (t("終了")) } },
        GroupState::None => html! { span.badge { (icon("plus")) (t("グループがまだありません")) } },
    }
}
