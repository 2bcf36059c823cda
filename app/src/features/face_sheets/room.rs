//! The top of every page of one patient: who it is, and the tabs to the other pages.

use jiff::civil::Date;
use maud::{Markup, html};
use uuid::Uuid;

use super::fields::{Fields, find};
use crate::web::page::column;
use crate::web::ui::time::age_words;
use crate::web::ui::{Ctx, Shell, Tab, TabLink, Topbar, patient_avatar, shell, tabs, topbar};
use crate::web::urls;

/// The patient of a page, as far as its top shows.
#[derive(Clone)]
pub struct Room {
    pub patient_id: Uuid,
    /// The group, if one is open or archived and the viewer may go there.
    pub group_id: Option<Uuid>,
    pub name: String,
    /// `92歳・女性・要介護4`.
    pub line: String,
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
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("・")
}

/// Which tab is the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomTab {
    Team,
    FaceSheet,
    Files,
    Members,
    Schedule,
}

impl Room {
    /// From a sheet. `group` is the group that the viewer may open.
    pub fn of(patient_id: Uuid, group_id: Option<Uuid>, fields: &Fields, today: Date) -> Self {
        Self { patient_id, group_id, name: name(fields), line: line(fields, today), list: None }
    }

    pub fn sample() -> Self {
        Self {
            patient_id: Uuid::from_u128(3),
            group_id: Some(Uuid::from_u128(13)),
            name: "小野寺 ハル子".to_owned(),
            line: "92歳・女性・要介護4".to_owned(),
            list: None,
        }
    }

    /// The bar with the tabs; without a group there is only the face sheet.
    pub fn bar(&self, current: RoomTab, acts: Option<Markup>) -> Markup {
        let title = format!("{} 様", self.name);
        let links = self.links(current);
        topbar(Topbar {
            title: &title,
            note: Some(&self.line),
            back: Some((urls::patients(), "患者の一覧に戻る")),
            back_on_phone_only: self.list.is_some(),
            avatar: Some(patient_avatar(&self.name)),
            acts,
            tabs: Some(tabs("この患者さんの画面", &links)),
        })
    }

    /// The bar of a page one step deeper: its own heading, the patient under it, and the way back.
    pub fn deeper(&self, title: &str, back: (&str, &str)) -> Markup {
        let between = if self.line.is_empty() { "" } else { "・" };
        let note = format!("{} 様{between}{}", self.name, self.line);
        topbar(Topbar { title, note: Some(&note), back: Some(back), ..Topbar::default() })
    }

    fn links(&self, current: RoomTab) -> Vec<TabLink> {
        let mut links = Vec::new();
        if let Some(group) = self.group_id {
            links.push((RoomTab::Team, urls::group(group), "チーム"));
        }
        links.push((RoomTab::FaceSheet, urls::face_sheet(self.patient_id), "基礎情報"));
        if let Some(group) = self.group_id {
            links.push((RoomTab::Files, urls::group_files(group), "ファイル"));
            links.push((RoomTab::Members, urls::group_members(group), "メンバー"));
            links.push((RoomTab::Schedule, urls::schedule(group), "予定"));
        }
        let link = |(tab, href, label)| TabLink { href, label, current: tab == current };
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
            div.person { (patient_avatar(&self.name)) div { h2 { (self.name) " 様" } p { (self.line) } } }
        }
    }
}
