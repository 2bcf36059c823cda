//! The phone list for spreadsheet programs.

use super::model::Contact;
use crate::words::t;
use crate::{features::facilities::directory::kind_label, web::csv::file};

/// Facilities to call, with the person and the number.
pub fn phone_list(contacts: &[Contact]) -> String {
    const HEAD: [&str; 9] = [
        "施設",
        "種類",
        "連絡先の人",
        "連絡先の電話",
        "メール",
        "施設の代表電話",
        "施設管理者",
        "記録を開かれた人数",
        "一覧に出た人数",
    ];
    let row = |c: &Contact| {
        [
            c.name.clone(),
            kind_label(&c.kind).to_owned(),
            c.person.clone(),
            c.contact_phone.clone(),
            c.mail.clone(),
            c.phone.clone(),
            c.admins.join(t("、")),
            c.opened.to_string(),
            c.listed.to_string(),
        ]
    };
    file(HEAD.map(t), contacts.iter().map(row))
}
