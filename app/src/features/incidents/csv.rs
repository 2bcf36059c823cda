//! The phone list and a facility's slice for spreadsheet programs: RFC 4180, UTF-8 with a byte order mark.

use super::model::Contact;
use crate::features::{access_log::csv::quoted, facilities::directory::kind_label};

/// Lines of quoted fields, with a mark.
pub fn file<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut out = String::from('\u{feff}');
    let mut line = |fields: [String; N]| {
        out.push_str(&fields.map(|field| quoted(&field)).join(","));
        out.push_str("\r\n");
    };
    line(head.map(str::to_owned));
    rows.into_iter().for_each(line);
    out
}

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
            c.admins.join("、"),
            c.opened.to_string(),
            c.listed.to_string(),
        ]
    };
    file(HEAD, contacts.iter().map(row))
}
