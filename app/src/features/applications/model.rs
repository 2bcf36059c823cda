//! An application as somebody typed it, checked, and as it stands.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    Error, FieldError, Result,
    auth::token,
    features::masters::acts::{List, Words},
    mail,
    web::input::{self, Fields},
};

/// What a form asks about the facility and who is responsible for it.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Id of a region, or empty.
    pub region: String,
    pub kind: String,
    pub name: String,
    pub kana: String,
    pub postal_code: String,
    pub address: String,
    pub phone: String,
    pub person: String,
    pub person_kana: String,
    pub profession: String,
}

/// The same, fit to be stored. The mail address is not among it: it is confirmed once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Particulars {
    pub region: Option<Uuid>,
    pub kind: String,
    pub name: String,
    pub kana: String,
    /// Seven digits.
    pub postal_code: String,
    pub address: String,
    pub phone: String,
    pub person: String,
    pub person_kana: String,
    pub profession: String,
}

/// What may be chosen.
#[derive(Debug, Clone, Default)]
pub struct Offered {
    pub words: Words,
    /// Id and name.
    pub regions: Vec<(String, String)>,
}

impl Typed {
    /// The names of the fields.
    pub const FIELDS: [&str; 10] = [
        "region",
        "kind",
        "name",
        "kana",
        "postal_code",
        "address",
        "phone",
        "person",
        "person_kana",
        "profession",
    ];

    pub fn of(fields: &Fields) -> Self {
        let [region, kind, name, kana, postal_code, address, phone, person, person_kana, profession] =
            Self::FIELDS.map(|field| fields.one(field).to_owned());
        Self { region, kind, name, kana, postal_code, address, phone, person, person_kana, profession }
    }

    /// As it stands, for a form that corrects it.
    pub fn standing(p: &Particulars) -> Self {
        Self {
            region: p.region.map(|r| r.to_string()).unwrap_or_default(),
            kind: p.kind.clone(),
            name: p.name.clone(),
            kana: p.kana.clone(),
            postal_code: p.postal_code.clone(),
            address: p.address.clone(),
            phone: p.phone.clone(),
            person: p.person.clone(),
            person_kana: p.person_kana.clone(),
            profession: p.profession.clone(),
        }
    }

    /// Every problem at once, in the order of the form.
    pub fn checked(&self, offered: &Offered) -> Result<Particulars, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let region = region(&self.region, offered, &mut wrong);
        let kind = chosen("kind", List::FacilityKind, &self.kind, offered, &mut wrong);
        let mut keep = |r: Result<String, FieldError>| r.map_err(|e| wrong.push(e)).unwrap_or_default();
        let particulars = Particulars {
            region,
            kind,
            name: keep(input::line("name", &self.name, 120)),
            kana: keep(input::line("kana", &self.kana, 240)),
            postal_code: keep(postal_code(&self.postal_code)),
            address: keep(input::line("address", &self.address, 200)),
            phone: keep(phone("phone", &self.phone)),
            person: keep(input::line("person", &self.person, 120)),
            person_kana: keep(input::line("person_kana", &self.person_kana, 240)),
            profession: String::new(),
        };
        let profession = chosen("profession", List::Profession, &self.profession, offered, &mut wrong);
        if wrong.is_empty() { Ok(Particulars { profession, ..particulars }) } else { Err(wrong) }
    }
}

fn region(raw: &str, offered: &Offered, wrong: &mut Vec<FieldError>) -> Option<Uuid> {
    let raw = raw.trim();
    if raw.is_empty() {
        return None;
    }
    let known = offered.regions.iter().any(|(id, _)| id == raw);
    let id = raw.parse().ok().filter(|_| known);
    if id.is_none() {
        wrong.push(FieldError::new("region", "unknown", t("地域を選び直してください。")));
    }
    id
}

fn chosen(
    field: &'static str,
    list: List,
    code: &str,
    offered: &Offered,
    wrong: &mut Vec<FieldError>,
) -> String {
    if !offered.words.may_be_chosen(list, code) {
        let message = if list == List::FacilityKind {
            t("施設の種別を選んでください。")
        } else {
            t("職種を選んでください。")
        };
        wrong.push(FieldError::new(field, "unknown", message));
    }
    code.to_owned()
}

/// Seven digits, with or without the hyphen, in any width.
fn postal_code(raw: &str) -> Result<String, FieldError> {
    let plain: String = raw.nfkc().filter(|c| !c.is_whitespace() && !is_dash(*c) && *c != '〒').collect();
    if plain.len() == 7 && plain.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(plain);
    }
    Err(FieldError::new(
        "postal_code",
        "postal_code",
        t("郵便番号を7けたの数字で入れてください。例：123-4567"),
    ))
}

/// Kept as typed; it has to hold the digits of a number in Japan.
pub fn phone(field: &'static str, raw: &str) -> Result<String, FieldError> {
    let kept = input::line(field, raw, 40)?;
    let plain: String = kept.nfkc().collect();
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    let fits = plain.chars().all(|c| c.is_ascii_digit() || is_dash(c) || matches!(c, ' ' | '(' | ')' | '+'));
    if fits && (9..=13).contains(&digits) {
        return Ok(kept);
    }
    Err(FieldError::new(field, "phone", t("電話番号を市外局番から入れてください。例：03-1234-5678")))
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '‐' | '－' | '―' | '−' | 'ー' | '–')
}

/// What the public page sends.
#[derive(Debug, Clone, Default)]
pub struct ApplicationForm {
    pub client_id: Uuid,
    pub typed: Typed,
    pub mail: String,
    /// The version that stood on the page.
    pub pledge: String,
    /// Ticked: pledged.
    pub agreed: bool,
}

/// An application that can be taken in.
#[derive(Debug, Clone)]
pub struct NewApplication {
    pub client_id: Uuid,
    pub particulars: Particulars,
    pub mail: mail::Address,
    pub pledge: i32,
}

impl ApplicationForm {
    /// A page's own form: any other name, and a client id that is none, is a 400.
    pub fn of(pairs: Vec<(String, String)>) -> Result<Self> {
        let names = [Typed::FIELDS.as_slice(), &["client_id", "mail", "pledge", "agreed"]].concat();
        let fields = Fields::only(pairs, &names)?;
        let id = fields.ids("client_id")?.first().copied();
        Ok(Self {
            client_id: id.ok_or_else(|| Error::BadRequest("unreadable_form".into()))?,
            typed: Typed::of(&fields),
            mail: fields.one("mail").to_owned(),
            pledge: fields.one("pledge").to_owned(),
            agreed: !fields.one("agreed").is_empty(),
        })
    }

    pub fn checked(&self, offered: &Offered) -> Result<NewApplication, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let particulars = self.typed.checked(offered).map_err(|e| wrong.extend(e)).ok();
        let mail = match mail::address(&self.mail) {
            Ok(mail) if self.mail.trim().len() <= 254 => Some(mail),
            Ok(_) => {
                wrong.push(FieldError::new("mail", "too_long", t("254文字までにしてください。")));
                None
            }
            Err(Error::Invalid(problems)) => {
                wrong.extend(problems);
                None
            }
            Err(_) => None,
        };
        let pledge = self.pledge.parse::<i32>().ok();
        if !self.agreed || pledge.is_none() {
            wrong.push(FieldError::new("agreed", "pledge", t("誓約を読んで、印を付けてください。")));
        }
        match (particulars, mail, pledge) {
            (Some(particulars), Some(mail), Some(pledge)) if wrong.is_empty() => {
                Ok(NewApplication { client_id: self.client_id, particulars, mail, pledge })
            }
            _ => Err(wrong),
        }
    }
}

impl NewApplication {
    /// What the client id stands for, to tell a retry from something else. SHA-256 of the JCS of what was sent.
    pub fn fingerprint(&self) -> Result<[u8; 32]> {
        let sent = serde_json::json!({"particulars": self.particulars, "mail": self.mail.to_string(), "pledge": self.pledge});
        Ok(token::sha256(&record::jcs(&sent).map_err(Error::internal)?))
    }
}

/// What the applicant corrected, in words for the reviewers; empty: nothing.
pub fn changes(was: &Particulars, is: &Particulars) -> String {
    let region = |p: &Particulars| p.region.map(|r| r.to_string()).unwrap_or_default();
    let (region_was, region_is) = (region(was), region(is));
    let fields = [
        (t("種別"), &was.kind, &is.kind),
        (t("名称"), &was.name, &is.name),
        (t("名称のふりがな"), &was.kana, &is.kana),
        (t("郵便番号"), &was.postal_code, &is.postal_code),
        (t("所在地"), &was.address, &is.address),
        (t("電話番号"), &was.phone, &is.phone),
        (t("責任者"), &was.person, &is.person),
        (t("責任者のふりがな"), &was.person_kana, &is.person_kana),
        (t("職種"), &was.profession, &is.profession),
    ];
    let mut lines: Vec<String> = fields
        .iter()
        .filter(|(_, was, is)| was != is)
        .map(|(label, was, is)| {
            fill(t("{label}：{was} → {is}"), &[("label", &label), ("was", &was), ("is", &is)])
        })
        .collect();
    if region_was != region_is {
        lines.push(t("地域を変えた").to_owned());
    }
    lines.join("\n")
}

/// The words of a state, for reviewers.
pub fn state_label(code: &str) -> &'static str {
    match code {
        "unconfirmed" => t("メールの確認待ち"),
        "waiting" => t("審査待ち"),
        "asked" => t("回答待ち"),
        "approved" => t("承認"),
        _ => t("お断り"),
    }
}

/// `123-4567`.
pub fn postal(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((area, rest)) => format!("{area}-{rest}"),
        None => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for typed in ["1234567", "123-4567", "〒１２３－４５６７", " 123 4567 "] {
            assert_eq!(postal_code(typed).expect(typed), "1234567");
        }
        assert_eq!(postal_code("123456").unwrap_err().field, "postal_code");
        for typed in ["03-1234-5678", "０３（１２３４）５６７８", "+81 3 1234 5678"] {
            assert_eq!(phone("phone", typed).expect(typed), typed);
        }
        for typed in ["", "12345", "電話 03-1234-5678", "03-1234-5678 内線9"] {
            assert!(phone("phone", typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_correction_is_told_by_its_fields() {
        let was = Particulars {
            region: None,
            kind: "clinic".into(),
            name: "試験クリニック".into(),
            kana: "しけん".into(),
            postal_code: "1234567".into(),
            address: "試験市1".into(),
            phone: "03-1234-5678".into(),
            person: "試験 太郎".into(),
            person_kana: "しけん たろう".into(),
            profession: "doctor".into(),
        };
        assert_eq!(changes(&was, &was), "");
        let is = Particulars { address: "試験市2".into(), ..was.clone() };
        assert_eq!(changes(&was, &is), "所在地：試験市1 → 試験市2");
        assert_eq!(postal("1234567"), "123-4567");
    }
}
