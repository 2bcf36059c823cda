//! A list of people as a spreadsheet program saves it or as it is pasted from one, read line by line: what is wrong is said of each.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    acts::MOST,
    model::{InvitationBody, NewInvitation},
};
use crate::words::{fill, t};
use crate::{
    auth::token,
    web::{csv::LineCount, input::folded},
};

/// One line: who, and the invitation or what is wrong in the person's words.
#[derive(Clone)]
pub struct Line {
    /// As the spreadsheet counts, the head being line 1.
    pub number: u64,
    pub name: String,
    pub read: Result<NewInvitation, Vec<String>>,
}

crate::opaque_debug!(Line);

/// The columns, in the order of the sample file, with what else people call them.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("氏名", &["名前", "お名前"]),
    ("ふりがな", &["フリガナ", "カナ", "かな", "氏名カナ"]),
    ("職種", &[]),
    ("ID", &["ログインID", "ユーザーID"]),
    ("メール", &["メールアドレス", "Eメール", "email"]),
    ("管理者", &["施設管理者"]),
];
const NEEDED: usize = 3;

/// Who is there already, for finding people who would come twice.
#[derive(Default)]
pub struct Known {
    /// Name and reading of the staff, and of those who are invited; these with the client id under which they were.
    pub people: Vec<(Option<Uuid>, String, String)>,
    pub login_ids: Vec<String>,
}

crate::opaque_debug!(Known);

/// Reads a list. `Err`: why none of it can be read. `list` makes the client ids, so that a list sent twice is one list.
pub fn read(text: &str, list: Uuid, known: &Known) -> Result<Vec<Line>, String> {
    // One kind of line end, so that lines can be counted.
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|l| !l.trim().is_empty()).ok_or(t("一覧が空です。"))?;
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut places: Option<[Option<usize>; 6]> = None;
    let mut count = LineCount::of(text);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| t("表の形になっていません。").to_owned())?;
        let number = count.line_of(&record);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let Some(places) = &places else {
            match head(&record)? {
                Some(found) => places = Some(found),
                // Pasted without its head: the columns of the sample.
                None => {
                    let plain = std::array::from_fn(Some);
                    lines.push(line(&record, &plain, number, list));
                    places = Some(plain);
                }
            }
            continue;
        };
        lines.push(line(&record, places, number, list));
        if lines.len() > MOST {
            return Err(fill(
                t("一度に招待できるのは{MOST}人までです。一覧を分けてください。"),
                &[("MOST", &MOST)],
            ));
        }
    }
    if lines.is_empty() {
        return Err(t("見出しのほかに、人がひとりもいません。").into());
    }
    twice(&mut lines, known);
    Ok(lines)
}

/// Where each column stands; `None` where the first line is no head at all.
fn head(record: &csv::StringRecord) -> Result<Option<[Option<usize>; 6]>, String> {
    let titles: Vec<String> = record.iter().map(folded).collect();
    let place = |(name, also): &(&str, &[&str])| {
        titles.iter().position(|t| *t == folded(name) || also.iter().any(|a| *t == folded(a)))
    };
    let places = COLUMNS.each_ref().map(place);
    if places.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing: Vec<&str> = (0..NEEDED).filter(|n| places[*n].is_none()).map(|n| COLUMNS[n].0).collect();
    if missing.is_empty() {
        Ok(Some(places))
    } else {
        Err(fill(t("見出しに「{0}」がありません。"), &[("0", &missing.join(t("」「")))]))
    }
}

fn line(record: &csv::StringRecord, places: &[Option<usize>; 6], number: u64, list: Uuid) -> Line {
    let field = |n: usize| places[n].and_then(|at| record.get(at)).unwrap_or_default().trim().to_owned();
    let mut wrong = Vec::new();
    let admin = yes(&field(5)).unwrap_or_else(|| {
        wrong.push(fill(t("管理者「{0}」：「はい」か空にしてください。"), &[("0", &short(&field(5)))]));
        false
    });
    let body = InvitationBody {
        client_id: line_id(list, number),
        name: field(0),
        kana: field(1),
        profession: field(2),
        licence_note: String::new(),
        login_id: field(3),
        mail: field(4),
        admin,
    };
    let read = body.checked();
    if let Err(problems) = &read {
        let column = |field: &str| match field {
            "name" => 0,
            "kana" => 1,
            "profession" => 2,
            "login_id" => 3,
            _ => 4,
        };
        let words = |e: &crate::FieldError| {
            let at = column(&e.field);
            let typed = short(&field(at));
            let what =
                if typed.is_empty() { String::new() } else { fill(t("「{typed}」"), &[("typed", &typed)]) };
            fill(t("{0}{what}：{1}"), &[("0", &COLUMNS[at].0), ("what", &what), ("1", &e.message)])
        };
        wrong.splice(0..0, problems.iter().map(words));
    }
    if record.len() > places.iter().flatten().max().map_or(6, |most| most + 1).max(COLUMNS.len()) {
        wrong.push(t("列が多すぎます。名前などに入っている「,」は「\"」で囲んでください。").into());
    }
    let read = match (read, wrong.is_empty()) {
        (Ok(new), true) => Ok(new),
        _ => Err(wrong),
    };
    Line { number, name: short(&field(0)), read }
}

fn short(text: &str) -> String {
    let one: String = text.chars().filter(|c| !c.is_control()).take(31).collect();
    if one.chars().count() > 30 { one.chars().take(30).chain(['…']).collect() } else { one }
}

fn yes(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "はい" | "1" | "○" | "〇" | "◯" | "yes" | "true" | "管理者" => Some(true),
        "" | "いいえ" | "0" | "×" | "no" | "false" | "ー" => Some(false),
        _ => None,
    }
}

/// The client id of a line: the same list gives the same ids.
fn line_id(list: Uuid, number: u64) -> Uuid {
    let hash = token::sha256(format!("renkei/staff-list/v1|{list}|{number}").as_bytes());
    token::id_of(&hash)
}

/// Says of everybody who would come twice: in the list itself, or because of who is there.
fn twice(lines: &mut [Line], known: &Known) {
    let person = |name: &str, kana: &str| format!("{}|{}", folded(name), folded(kana));
    let there: Vec<_> =
        known.people.iter().map(|(client, name, kana)| (*client, person(name, kana))).collect();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for line in lines {
        let Ok(new) = &line.read else { continue };
        let mut wrong = Vec::new();
        let who = person(&new.name, &new.kana);
        // Invited by this very line before: sent again, it is the same invitation.
        if there.iter().any(|(client, other)| *other == who && *client != Some(new.client_id)) {
            wrong.push(t("同じ名前の人が、すでにスタッフにいるか、招待されています。別の人なら「1人を招待する」から招待してください。").to_owned());
        }
        if new.login_hint.as_ref().is_some_and(|id| known.login_ids.contains(id)) {
            wrong.push(t("このIDは、もう使われています。別のIDにするか、空にしてください。").to_owned());
        }
        let mail = new.mail.as_ref().map(|m| m.to_string().to_lowercase());
        let keys = [
            Some((format!("person {who}"), t("同じ人"))),
            new.login_hint.as_ref().map(|id| (format!("id {id}"), t("同じID"))),
            mail.map(|mail| (format!("mail {mail}"), t("同じメールアドレス"))),
        ];
        for (key, what) in keys.into_iter().flatten() {
            match seen.get(&key) {
                Some(before) => wrong.push(fill(
                    t("{what}が{before}行目にもあります。"),
                    &[("what", &what), ("before", &before)],
                )),
                None => drop(seen.insert(key, line.number)),
            }
        }
        if !wrong.is_empty() {
            line.read = Err(wrong);
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::SHIFT_JIS;

    use super::*;
    use crate::web::csv::decoded;

    const HEAD: &str = "氏名,ふりがな,職種,ID,メール,管理者\r\n";

    fn lines(text: &str) -> Vec<Line> {
        read(text, Uuid::nil(), &Known::default()).expect("a list")
    }

    #[test]
    fn what_spreadsheets_save_is_read_whatever_its_encoding() {
        let text = format!("{HEAD}\"五十嵐, みずほ\",いがらし みずほ,看護師,,,\r\n");
        let sjis = SHIFT_JIS.encode(&text).0.into_owned();
        let bom = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in [text.clone().into_bytes(), sjis, bom, utf16] {
            let read = lines(&decoded(&bytes).expect("text"));
            let new = read[0].read.as_ref().expect("a good line");
            assert_eq!((new.name.as_str(), read[0].number), ("五十嵐, みずほ", 2));
        }
        assert!(decoded(&[0x81, 0xff, 0xfe, 0x80]).is_none(), "no text at all");
    }

    #[test]
    fn lines_are_counted_as_a_spreadsheet_shows_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!(
                "氏名,ふりがな,職種{end}{end}あ,あ,医師{end}\"い{end}い\",い,医師{end}う,う,医師{end}{end}{end}え,え,医師{end}"
            );
            let numbers: Vec<u64> = lines(&text).iter().map(|l| l.number).collect();
            assert_eq!(numbers, [3, 4, 6, 9], "{end:?}");
        }
    }

    #[test]
    fn columns_may_stand_in_any_order_or_come_pasted_without_a_head() {
        let turned = lines("職種,氏名,フリガナ\nnurse,五十嵐 みずほ,イガラシ ミズホ\n");
        assert!(turned[0].read.is_ok(), "{:?}", turned[0].read.as_ref().err());
        let pasted = lines("五十嵐 みずほ\tいがらし みずほ\t看護師\t\t\tはい\n");
        assert!(pasted[0].read.as_ref().expect("a good line").admin);
        assert_eq!(
            read("氏名,職種\n", Uuid::nil(), &Known::default()).unwrap_err(),
            "見出しに「ふりがな」がありません。"
        );
    }

    #[test]
    fn each_line_says_what_is_wrong_with_it() {
        let text = format!(
            "{HEAD}五十嵐 みずほ,いがらし みずほ,看護師,mizuho,a@example.jp,\n\
             桑原 誠,五十嵐,魔法使い,み,a@,たぶん\n\
             太田 フミ,おおた ふみ,ヘルパー,mizuho,A@example.jp,\n\
             五十嵐みずほ,イガラシミズホ,医師,,,\n"
        );
        let lines = lines(&text);
        assert!(lines[0].read.is_ok());
        let wrong = |n: usize| lines[n].read.as_ref().unwrap_err().join("\n");
        for part in ["ふりがな「五十嵐」", "職種「魔法使い」", "ID「み」", "メール「a@」", "管理者「たぶん」"]
        {
            assert!(wrong(1).contains(part), "{part} in {}", wrong(1));
        }
        assert!(wrong(2).contains("同じIDが2行目") && wrong(2).contains("同じメールアドレスが2行目"));
        assert!(wrong(3).contains("同じ人が2行目"));
    }

    #[test]
    fn whoever_is_there_is_not_invited_again() {
        let known = Known {
            people: vec![(None, "五十嵐　みずほ".into(), "イガラシ ミズホ".into())],
            login_ids: vec!["fumi".into()],
        };
        let text =
            format!("{HEAD}五十嵐 みずほ,いがらし みずほ,看護師,,,\n太田 フミ,おおた ふみ,ヘルパー,fumi,,\n");
        let lines = read(&text, Uuid::nil(), &known).expect("a list");
        assert!(lines.iter().all(|l| l.read.is_err()));
    }

    #[test]
    fn a_list_has_an_end_and_ids_of_its_own() {
        let many: String =
            (0..501).map(|n| format!("試験 {n}号,しけん {},看護師\n", "あ".repeat(n / 40 + 1))).collect();
        assert!(read(&many, Uuid::nil(), &Known::default()).unwrap_err().contains("500人まで"));
        assert!(read(" \n", Uuid::nil(), &Known::default()).is_err());
        assert_eq!(line_id(Uuid::nil(), 2), line_id(Uuid::nil(), 2));
        assert_ne!(line_id(Uuid::nil(), 2), line_id(Uuid::nil(), 3));
    }
}
