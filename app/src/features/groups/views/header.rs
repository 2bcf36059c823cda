//! The bar above everything that belongs to one group.

use maud::Markup;
use uuid::Uuid;

use super::GroupKind;
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        ui::{self, Ctx, TabLink, Topbar},
        urls,
    },
};

/// Which page of the group is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupTab {
    Team,
    Family,
    FaceSheet,
    Vitals,
    Files,
    Members,
    Consultations,
    Schedule,
}

/// What stands above every page of a group.
#[derive(Clone)]
pub struct GroupHeader {
    pub group_id: Uuid,
    pub kind: GroupKind,
    /// The patient's name without 様, the title of the free group, or the other person's name.
    pub title: String,
    /// How a patient's name is read, where that is known.
    pub reading: String,
    /// One line, for instance 92歳・女性・要介護4; what a free group is for; the person's profession and facility.
    pub note: String,
    pub patient_id: Option<Uuid>,
    pub tab: GroupTab,
    /// Posts on the family timeline that the viewer has not read.
    pub family_unread: i64,
}

opaque_debug!(GroupHeader);

/// The bar with name, note and tabs. On the phone its arrow leads back to the list.
pub fn header(h: &GroupHeader, ctx: &Ctx) -> Markup {
    let title = h.kind.named(&h.title);
    ui::topbar(Topbar {
        search: Some(&urls::search_in(h.group_id)),
        title: &title,
        reading: ctx.readings.then_some((h.title.as_str(), h.reading.as_str())),
        note: (!h.note.is_empty()).then_some(h.note.as_str()),
        back: Some((urls::groups(), t("グループの一覧に戻る"))),
        back_on_phone_only: true,
        avatar: Some(h.kind.avatar(&h.title)),
        acts: Some(ui::print_act()),
        tabs: Some(ui::tabs(h.kind.tabs_label(), &links(h))),
    })
}

fn links(h: &GroupHeader) -> Vec<TabLink> {
    let count = |tab| if tab == GroupTab::Family { h.family_unread } else { 0 };
    let link = |tab, label, href| TabLink { href, label, current: h.tab == tab, count: count(tab) };
    let face_sheet =
        h.patient_id.map(|patient| link(GroupTab::FaceSheet, t("基礎情報"), urls::face_sheet(patient)));
    [
        Some(link(GroupTab::Team, h.kind.first_tab(), urls::group(h.group_id))),
        h.patient_id.map(|_| link(GroupTab::Family, t("患者・家族"), urls::group_family(h.group_id))),
        face_sheet,
        h.patient_id.map(|patient| link(GroupTab::Vitals, t("バイタル"), urls::vitals(patient))),
        Some(link(GroupTab::Files, t("ファイル"), urls::group_files(h.group_id))),
        Some(link(GroupTab::Members, t("メンバー"), urls::group_members(h.group_id))),
        (!matches!(h.kind, GroupKind::Direct(_)))
            .then(|| link(GroupTab::Consultations, t("相談"), urls::consultations(h.group_id))),
        h.patient_id.map(|_| link(GroupTab::Schedule, t("予定"), urls::schedule(h.group_id))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_group_has_no_face_sheet() {
        let mut view = GroupHeader::sample();
        assert!(header(&view, &Ctx::sample("/groups")).into_string().contains("基礎情報"));
        view.kind = GroupKind::Free;
        view.patient_id = None;
        let html = header(&view, &Ctx::sample("/groups")).into_string();
        assert!(!html.contains("基礎情報") && !html.contains("様"), "{html}");
    }
}
