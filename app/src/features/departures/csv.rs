//! A report for a spreadsheet program: one line for everything that ended.

use super::{model::Report, read::Names};
use crate::web::{csv, ui::time};
use crate::words::t;

const HEAD: [&str; 6] =
    ["終わったこと", "患者・グループ", "管理する施設", "新しいホスト", "グループのID", "招待のID"];

pub fn file(report: &Report, names: &Names) -> String {
    let (who, by) = (names.person(report.account).0, names.person(report.by).0);
    let fact = |what: &str, value: String| {
        [what.to_owned(), value, String::new(), String::new(), String::new(), String::new()]
    };
    let mut rows = vec![
        fact(t("退職・異動した人"), who.to_owned()),
        fact(t("手続きをした人"), by.to_owned()),
        fact(t("日時"), time::machine(report.at)),
        fact(t("サインアウトした端末"), report.devices_signed_out.to_string()),
    ];
    for group in &report.groups_left {
        let host = report.hosts_handed_over.iter().find(|h| h.group_id == group.group_id);
        rows.push([
            if host.is_some() { t("グループ(ホスト)") } else { t("グループ") }.to_owned(),
            names.patient(group.group_id).unwrap_or_default().to_owned(),
            names.facility(group.facility_id).to_owned(),
            host.map(|h| names.person(h.to).0.to_owned()).unwrap_or_default(),
            group.group_id.to_string(),
            String::new(),
        ]);
    }
    for invitation in &report.invitations_ended {
        rows.push([
            t("招待").to_owned(),
            names.patient(invitation.group_id).unwrap_or_default().to_owned(),
            String::new(),
            String::new(),
            invitation.group_id.to_string(),
            invitation.invitation_id.to_string(),
        ]);
    }
    csv::file(HEAD.map(t), rows)
}
