//! An inquiry as somebody typed it, checked, and as it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::words::t;
use crate::{Error, FieldError, mail, web::input};

/// Codes and words of what an inquiry is about.
pub const CATEGORIES: [(&str, &str); 7] = [
    ("use", "使いかた"),
    ("sign_in", "サインイン・端末"),
    ("trouble", "うまく動かない"),
    ("security", "安全・情報のもれの心配"),
    ("personal_data", "個人情報の取り扱い"),
    ("contract", "契約・導入"),
    ("other", "そのほか"),
];

pub fn category_label(code: &str) -> &'static str {
    CATEGORIES.iter().find(|(c, _)| *c == code).map_or(t("そのほか"), |(_, label)| t(label))
}

/// The words of a state.
pub fn state_label(code: &str) -> &'static str {
    match code {
        "new" => t("新しい"),
        "waiting" => t("確認中"),
        "answered" => t("答えました"),
        _ => t("終わりました"),
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InquiryForm {
    pub client_id: Uuid,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub mail: String,
    pub body: String,
    /// Ticked: sent although it looks as if it told of a patient.
    pub sure: Option<String>,
}

/// An inquiry ready to be sealed.
#[derive(Clone, Serialize)]
pub struct Inquiry {
    pub client_id: Uuid,
    pub category: &'static str,
    pub name: String,
    /// Empty: no letter is wanted (only where the sender is signed in).
    pub mail: String,
    pub body: String,
}

crate::opaque_debug!(InquiryForm, Inquiry);

impl InquiryForm {
    /// Every problem at once. Somebody who is signed in needs no address: the answer stands on the page.
    pub fn checked(&self, signed_in: bool) -> Result<Inquiry, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut keep = |r: Result<String, FieldError>| {
            r.unwrap_or_else(|e| {
                wrong.push(e);
                String::new()
            })
        };
        let name = keep(input::line("name", &self.name, 120));
        let mail = keep(if signed_in {
            input::optional_text("mail", &self.mail, 254)
        } else {
            input::line("mail", &self.mail, 254)
        });
        let body = keep(input::text("body", &self.body, 4000));
        if !mail.is_empty()
            && let Err(Error::Invalid(problems)) = mail::address(&mail)
        {
            wrong.extend(problems);
        }
        let category = CATEGORIES.iter().find(|(code, _)| *code == self.category);
        if category.is_none() {
            wrong.insert(0, FieldError::new("category", "empty", t("何についてかを選んでください。")));
        }
        if self.sure.is_none() && tells_of_a_patient(&body) {
            wrong.push(FieldError::new(
                "body",
                "patient",
                t("患者さんのお名前や病状が入っているように見えます。消すか、入っていなければ下の印を付けて送ってください。"),
            ));
        }
        match category {
            Some((category, _)) if wrong.is_empty() => {
                Ok(Inquiry { client_id: self.client_id, category, name, mail, body })
            }
            _ => Err(wrong),
        }
    }
}

/// A gentle look, not a filter: forms of address and measures that stand in records rather than in questions.
pub fn tells_of_a_patient(text: &str) -> bool {
    const MARKS: [&str; 9] =
        ["様の", "さんの血圧", "血圧", "SpO2", "生年月日", "病名", "診断", "服薬", "カルテ番号"];
    let folded = input::folded(text);
    MARKS.iter().any(|mark| folded.contains(&input::folded(mark)))
}

/// An answer as people read it.
#[derive(Clone)]
pub struct Answer {
    pub body: String,
    pub at: Timestamp,
}

/// One's own inquiry with its answers.
#[derive(Clone)]
pub struct Own {
    pub id: Uuid,
    pub number: i64,
    pub category: String,
    pub body: String,
    pub at: Timestamp,
    pub state: String,
    pub answers: Vec<Answer>,
}

crate::opaque_debug!(Answer, Own);

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> InquiryForm {
        InquiryForm {
            category: "use".into(),
            name: "試験 太郎".into(),
            mail: "t@example.jp".into(),
            body: "印刷のしかたを教えてください。".into(),
            ..InquiryForm::default()
        }
    }

    #[test]
    fn a_stranger_needs_an_address_and_a_colleague_does_not() {
        assert!(form().checked(false).is_ok());
        let none = InquiryForm { mail: String::new(), ..form() };
        assert!(none.checked(true).is_ok());
        assert_eq!(none.checked(false).unwrap_err()[0].field, "mail");
        assert_eq!(InquiryForm { mail: "x".into(), ..form() }.checked(true).unwrap_err()[0].field, "mail");
        assert_eq!(
            InquiryForm { category: "x".into(), ..form() }.checked(true).unwrap_err()[0].field,
            "category"
        );
    }

    #[test]
    fn what_looks_like_a_patient_is_asked_about_once() {
        let body = "試験様の血圧が保存できません".to_owned();
        let wrong = InquiryForm { body: body.clone(), ..form() }.checked(true).unwrap_err();
        assert_eq!((wrong[0].field.as_ref(), wrong[0].code), ("body", "patient"));
        assert!(InquiryForm { body, sure: Some("on".into()), ..form() }.checked(true).is_ok());
    }
}
