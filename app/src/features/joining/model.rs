//! An invitation as it was typed, and as it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::is_login_id;
use crate::words::{fill, stored, t};
use crate::{
    FieldError,
    features::{accounts::contact, sign_in::acts::fold_login},
    mail::Address,
    web::{
        input::{folded, line, optional_text},
        ui::Profession,
    },
};

/// Body of `POST /facilities/{id}/staff-invitations`, and the form of the page.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationBody {
    pub client_id: Uuid,
    pub name: String,
    pub kana: String,
    /// A code, e.g. `nurse`.
    pub profession: String,
    #[serde(default)]
    pub licence_note: String,
    /// An ID to suggest; the person chooses.
    #[serde(default)]
    pub login_id: String,
    /// Where the link goes; the person must read it to join. Without one the link is handed over.
    #[serde(default)]
    pub mail: String,
    /// Whether the person administrates the facility from the beginning.
    #[serde(default)]
    pub admin: bool,
}

crate::opaque_debug!(InvitationBody);

/// Somebody who is to come.
#[derive(Clone)]
pub struct NewInvitation {
    pub client_id: Uuid,
    pub name: String,
    pub kana: String,
    pub profession: Profession,
    pub licence_note: String,
    pub login_hint: Option<String>,
    pub mail: Option<Address>,
    pub admin: bool,
}

crate::opaque_debug!(NewInvitation);

impl InvitationBody {
    /// Everything that is wrong at once, in the order of the form.
    pub fn checked(&self) -> Result<NewInvitation, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let name = line("name", &self.name, 120).map_err(|e| wrong.push(e)).unwrap_or_default();
        let kana = kana(&self.kana).map_err(|e| wrong.push(e)).unwrap_or_default();
        let profession = profession(&self.profession).map_err(|e| wrong.push(e)).ok();
        let licence_note = optional_text("licence_note", &self.licence_note, 200).map_err(|e| wrong.push(e));
        let login_hint = login_hint(&self.login_id).map_err(|e| wrong.push(e)).unwrap_or_default();
        let mail = contact::mail(&self.mail).map_err(|e| wrong.push(e)).unwrap_or_default();
        match (profession, wrong.is_empty()) {
            (Some(profession), true) => Ok(NewInvitation {
                client_id: self.client_id,
                name,
                kana,
                profession,
                licence_note: licence_note.unwrap_or_default(),
                login_hint,
                mail,
                admin: self.admin,
            }),
            _ => Err(wrong),
        }
    }
}

fn kana(raw: &str) -> Result<String, FieldError> {
    let text = line("kana", raw, 240)?;
    let fits = |c: char| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヶ' | 'ー' | '・' | 'ｦ'..='ﾟ' | ' ' | '　' | 'ヽ' | 'ヾ' | 'ゝ' | 'ゞ');
    if text.chars().all(fits) {
        Ok(text)
    } else {
        Err(FieldError::new("kana", "kana", t("ふりがなは、ひらがなかカタカナで入れてください。")))
    }
}

/// By its code, its word or what people call it.
pub fn profession(raw: &str) -> Result<Profession, FieldError> {
    const ALSO: [(&str, Profession); 9] = [
        ("介護支援専門員", Profession::CareManager),
        ("ケアマネ", Profession::CareManager),
        ("ケアマネージャー", Profession::CareManager),
        ("訪問介護員", Profession::Helper),
        ("ホームヘルパー", Profession::Helper),
        ("MSW", Profession::SocialWorker),
        ("事務職", Profession::Clerk),
        ("栄養士", Profession::Dietitian),
        ("その他", Profession::Other),
    ];
    let wanted = folded(raw);
    if wanted.is_empty() {
        return Err(FieldError::new("profession", "empty", t("職種を選んでください。")));
    }
    Profession::all()
        .find(|p| {
            folded(p.label()) == wanted || folded(stored(|| p.label())) == wanted || p.code() == raw.trim()
        })
        .or_else(|| ALSO.iter().find(|(word, _)| folded(word) == wanted).map(|(_, p)| *p))
        .ok_or_else(|| {
            let words: Vec<&str> = Profession::all().map(Profession::label).collect();
            let message =
                fill(t("この職種は一覧にありません。使える職種：{0}"), &[("0", &words.join(t("、")))]);
            FieldError::new("profession", "unknown", message)
        })
}

fn login_hint(raw: &str) -> Result<Option<String>, FieldError> {
    match fold_login(raw) {
        id if id.is_empty() => Ok(None),
        id if is_login_id(&id) => Ok(Some(id)),
        _ => Err(FieldError::new("login_id", "login_id", t(ID_RULE))),
    }
}

pub const ID_RULE: &str = "IDは半角の英数字と . _ - で、3文字から64文字までにしてください（最初は英数字）。";

/// What was made: the link is shown now, and not again.
#[derive(Clone, Serialize, ToSchema)]
pub struct Invited {
    pub id: Uuid,
    pub link: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Whether a letter with the link was put in.
    pub mailed: bool,
    /// `open`; or, for a repeated client id, what has become of it.
    pub state: String,
}

crate::opaque_debug!(Invited);

/// One that waits, has run out or was refused.
#[derive(Clone, Serialize, ToSchema)]
pub struct Waiting {
    pub id: Uuid,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub licence_note: String,
    #[serde(skip)]
    pub client_id: Uuid,
    pub mail: Option<String>,
    pub admin: bool,
    /// `open`, `expired`, `refused`, `joined` or `cancelled`.
    pub state: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// The admin's name.
    pub invited_by: String,
    /// The letter with the link did not arrive: refused, given up, or come back.
    pub mail_failed: bool,
}

crate::opaque_debug!(Waiting);

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> InvitationBody {
        InvitationBody {
            name: "五十嵐 みずほ".into(),
            kana: "いがらし みずほ".into(),
            profession: "看護師".into(),
            ..InvitationBody::default()
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert!(body().checked().is_ok());
        let bad = InvitationBody {
            name: " ".into(),
            kana: "五十嵐".into(),
            profession: "魔法使い".into(),
            login_id: "み".into(),
            mail: "mizuho.example.jp".into(),
            ..body()
        };
        let fields: Vec<_> = bad.checked().unwrap_err().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["name", "kana", "profession", "login_id", "mail"]);
    }

    #[test]
    fn a_profession_is_found_as_people_write_it() {
        for (word, found) in [
            ("看護師", Profession::Nurse),
            ("nurse", Profession::Nurse),
            ("ｹｱﾏﾈｼﾞｬｰ", Profession::CareManager),
            ("介護支援専門員", Profession::CareManager),
        ] {
            assert_eq!(profession(word).unwrap(), found, "{word}");
        }
    }
}
