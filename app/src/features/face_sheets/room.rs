//! The top of every page of one patient, or of a group without one: who or what it is, and the tabs to the other pages.

use jiff::civil::Date;
use maud::{Markup, html};
use uuid::Uuid;

use super::fields::{Fields, find};
use crate::web::page::column;
use crate::web::ui::print_act;
use crate::web::ui::time::age_words;
use crate::web::ui::{
    Ctx, Profession, Shell, Size, Tab, TabLink, Topbar, avatar, group_avatar, patient_avatar, shell, tabs,
    topbar,
};
use crate::web::urls;
use crate::words::{fill, t};

/// What a group is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// One patient; the title is the patient's name without 様.
    Patient,
    /// A free group: no patient data, by rule.
    Free,
    /// A conversation with one person of this profession, whose name the title is. No patient data either.
    Direct(Profession),
}

impl GroupKind {
    /// The title as one calls it.
    pub fn named(self, title: &str) -> String {
        if self == Self::Patient { fill(t("{title} 様"), &[("title", &title)]) } else { title.to_owned() }
    }

    pub fn avatar(self, title: &str) -> Markup {
        match self {
            Self::Patient => patient_avatar(title),
            Self::Free => group_avatar(title),
            Self::Direct(profession) => avatar(title, profession, Size::Medium),
        }
    }

    /// The way to the posts.
    pub fn first_tab(self) -> &'static str {
        match self {
            Self::Patient => t("チーム"),
            Self::Free => t("投稿"),
            Self::Direct(_) => t("会話"),
        }
    }

    /// What the tabs are called together.
    pub fn tabs_label(self) -> &'static str {
        match self {
            Self::Patient => t("この患者さんの画面"),
            Self::Free => t("このグループの画面"),
            Self::Direct(_) => t("この会話の画面"),
        }
    }

    /// Whose rule it is that no patient is written about.
    pub fn without_patients(self) -> bool {
        self != Self::Patient
    }
}

/// The patient of a page, as far as its top shows; or the group, where there is none.
#[derive(Clone)]
pub struct Room {
    pub kind: GroupKind,
    /// Nil where the kind is another.
    pub patient_id: Uuid,
    /// The group, if one is open or archived and the viewer may go there.
    pub group_id: Option<Uuid>,
    pub name: String,
    /// `92歳・女性・要介護4`.
    pub line: String,
    /// Posts on the family timeline that the viewer has not read.
    pub family_unread: i64,
    /// The list of groups, which stands beside the page on the PC.
    pub list: Option<Markup>,
}

crate::opaque_debug!(Room);

/// The patient's name, without 様.
pub fn name(fields: &Fields) -> String {
    fields.get("name").cloned().unwrap_or_default()
}

/// The age, or nothing when it is not known.
pub fn age(fields: &Fields, today: Date) -> String {
    fields.get("birthDate").map(|text| age_words(text, today)).unwrap_or_default()
}

/// `92歳・女性・要介護4`; what is not known is left out.
pub fn line(fields: &Fields, today: Date) -> String {
    let word = |key| Some(find(key)?.shown(fields.get(key)?).to_owned());
    let parts = [Some(age(fields, today)), word("gender"), word("careLevel")];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(t("・"))
}

/// Which tab is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomTab {
    Team,
    Family,
    FaceSheet,
    Vitals,
    Files,
    Members,
    Consultations,
    Schedule,
}

impl Room {
    /// From a sheet. `group` is the group that the viewer may open.
    pub fn of(patient_id: Uuid, group_id: Option<Uuid>, fields: &Fields, today: Date) -> Self {
        Self {
            kind: GroupKind::Patient,
            patient_id,
            group_id,
            name: name(fields),
            line: line(fields, today),
            family_unread: 0,
            list: None,
        }
    }

    pub fn sample() -> Self {
        Self {
            kind: GroupKind::Patient,
            patient_id: Uuid::from_u128(3),
            group_id: Some(Uuid::from_u128(13)),
            name: "小野寺 ハル子".to_owned(),
            line: "92歳・女性・要介護4".to_owned(),
            family_unread: 2,
            list: None,
        }
    }

    /// The bar with the tabs; without a group there is only the face sheet.
    pub fn bar(&self, current: RoomTab, acts: Option<Markup>) -> Markup {
        let title = self.kind.named(&self.name);
        let back = match self.kind {
            GroupKind::Patient => (urls::patients(), t("患者の一覧に戻る")),
            GroupKind::Free | GroupKind::Direct(_) => (urls::groups(), t("グループの一覧に戻る")),
        };
        let links = self.links(current);
        topbar(Topbar {
            title: &title,
            reading: None,
            note: (!self.line.is_empty()).then_some(self.line.as_str()),
            back: Some(back),
            back_on_phone_only: self.list.is_some(),
            avatar: Some(self.kind.avatar(&self.name)),
            acts: Some(html! { @if let Some(acts) = acts { (acts) } (print_act()) }),
            tabs: Some(tabs(self.kind.tabs_label(), &links)),
            search: self.group_id.map(urls::search_in).as_deref(),
        })
    }

    /// The bar of a page one step deeper: its own heading, the patient under it, and the way back.
    pub fn deeper(&self, title: &str, back: (&str, &str)) -> Markup {
        let between = if self.line.is_empty() { "" } else { t("・") };
        let note = format!("{}{between}{}", self.kind.named(&self.name), self.line);
        topbar(Topbar { title, note: Some(&note), back: Some(back), ..Topbar::default() })
    }

    fn links(&self, current: RoomTab) -> Vec<TabLink> {
        let mut links = Vec::new();
        if let Some(group) = self.group_id {
            links.push((RoomTab::Team, urls::group(group), self.kind.first_tab()));
            if self.kind == GroupKind::Patient {
                links.push((RoomTab::Family, urls::group_family(group), t("患者・家族")));
            }
        }
        if self.kind == GroupKind::Patient {
            links.push((RoomTab::FaceSheet, urls::face_sheet(self.patient_id), t("基礎情報")));
        }
        if let Some(group) = self.group_id {
            if self.kind == GroupKind::Patient {
                links.push((RoomTab::Vitals, urls::vitals(self.patient_id), t("バイタル")));
            }
            links.push((RoomTab::Files, urls::group_files(group), t("ファイル")));
            links.push((RoomTab::Members, urls::group_members(group), t("メンバー")));
            if !matches!(self.kind, GroupKind::Direct(_)) {
                links.push((RoomTab::Consultations, urls::consultations(group), t("相談")));
            }
            if self.kind == GroupKind::Patient {
                links.push((RoomTab::Schedule, urls::schedule(group), t("予定")));
            }
        }
        let link = |(tab, href, label)| TabLink {
            href,
            label,
            current: tab == current,
            count: if tab == RoomTab::Family { self.family_unread } else { 0 },
        };
        links.into_iter().map(link).collect()
    }

    /// The whole page: its bar, one column, and perhaps a pane on a wide PC. `title` does not name the patient.
    pub fn page(&self, ctx: &Ctx, title: &str, bar: Markup, body: Markup, side: Option<Markup>) -> Markup {
        let main = html! { (bar) (column(body)) };
        let list = self.list.clone();
        shell(ctx, Shell { title, tab: Tab::Patients, list, side, in_room: false, main })
    }

    /// Who it is, in a card: before an act that reaches far.
    pub fn card(&self) -> Markup {
        html! {
            div.person { (self.kind.avatar(&self.name)) div { h2 { (self.kind.named(&self.name)) } p { (self.line) } } }
        }
    }
}
