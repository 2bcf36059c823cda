//! Somebody else saved while I was writing: both texts side by side, and a person chooses.

use maud::{Markup, html};
use uuid::Uuid;

use super::fields::Fields;
use super::merge::{Conflict, Pick};
use super::room::Room;
use super::version_views::{VersionRow, text_of};
use super::views::{label_of, sample_fields};
use crate::web::forms::{Entry, Errors, hidden};
use crate::web::ui::{Ctx, icon};
use crate::web::urls;
use crate::words::{fill, t};

/// The form posts, to the ordinary edit address: `version` (theirs, so that a third saver is noticed too), an empty
/// `section`, the joined texts under their keys, per conflict `pick.KEY` (`mine`, `theirs`, `both`), `mine.KEY` and
/// `theirs.KEY`, and `reason`. Where no pick was made, the page comes back with an error on `pick.KEY`.
#[derive(Clone)]
pub struct ConflictView {
    pub room: Room,
    /// A double click of one form makes one version.
    pub client_id: Uuid,
    /// The version that was saved meanwhile.
    pub theirs: VersionRow,
    /// From [`merge`](super::merge::merge): everything that needs no choice.
    pub merged: Fields,
    pub conflicts: Vec<Conflict>,
    /// Picks already made, by key; when the page comes back.
    pub picks: Vec<(String, Pick)>,
    pub reason: String,
    pub errors: Errors,
}

crate::opaque_debug!(ConflictView);

impl ConflictView {
    pub fn sample() -> Self {
        let conflict = |key: &str, mine: Option<&str>, theirs: Option<&str>| Conflict {
            key: key.to_owned(),
            mine: mine.map(str::to_owned),
            theirs: theirs.map(str::to_owned),
        };
        let mut merged = sample_fields();
        merged.retain(|key, _| key != "anticoagulants");
        Self {
            room: Room::sample(),
            client_id: Uuid::from_u128(98),
            theirs: VersionRow::samples().remove(0),
            merged,
            conflicts: vec![
                conflict(
                    "anticoagulants",
                    Some("ワーファリン 1.5 mg・朝1回"),
                    Some("ワーファリン 2 mg・朝1回。11月17日・18日は休薬"),
                ),
                conflict("careLevel", Some("要介護5"), Some("申請中")),
                conflict("diet", None, Some("やわらか食。納豆・青汁は避ける")),
            ],
            picks: vec![("careLevel".to_owned(), Pick::Mine)],
            reason: "訪問での聞き取り".to_owned(),
            errors: Errors::none(),
        }
    }
}

pub fn conflict_page(view: &ConflictView, ctx: &Ctx) -> Markup {
    let back = urls::face_sheet(view.room.patient_id);
    let in_conflict = |key: &str| view.conflicts.iter().any(|c| c.key == key);
    let body = html! {
        (view.errors.summary())
        div.callout.caution role="alert" tabindex="-1" autofocus[view.errors.is_empty()] {
            (icon("swap"))
            div {
                h2 { (t("書いているあいだに、")) (view.theirs.who) (t("さんも保存しました")) }
                p { (t("あなたの文は残っています。")) (view.conflicts.len()) (t("か所で、2人の文がちがいます。どれを残すか選んでください。")) }
                p.small { (t("版")) (view.theirs.number) (t("・")) (view.theirs.when) (t("・")) (view.theirs.profession.label()) (t("。理由: ")) (view.theirs.reason) }
            }
        }
        form.stack method="post" action=(urls::face_sheet_edit(view.room.patient_id)) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("version", &view.theirs.number.to_string()))
            (hidden("section", ""))
            @for (key, text) in view.merged.iter().filter(|(key, _)| !in_conflict(key)) { (hidden(key, text)) }
            @for conflict in &view.conflicts { (choice(view, conflict)) }
            (Entry::line("reason", t("直した理由")).value(&view.reason).errors(&view.errors).need().max_chars(200))
            div.row {
                button.btn.primary.large type="submit" { (t("選んだ文で保存する")) }
                a.btn.quiet href=(back) { (t("自分の文を捨てて、やめる")) }
            }
        }
    };
    let bar = view.room.deeper(t("2人の文をあわせる"), (&back, t("基礎情報に戻る")));
    view.room.page(ctx, t("基礎情報を直す"), bar, body, None)
}

fn choice(view: &ConflictView, conflict: &Conflict) -> Markup {
    let name = format!("pick.{}", conflict.key);
    let picked = view.picks.iter().find(|(key, _)| *key == conflict.key).map(|(_, pick)| *pick);
    let error = view.errors.of(&name);
    html! {
        fieldset.clash.field.bad[error.is_some()] id=(name) tabindex=[error.map(|_| "-1")] {
            legend { (label_of(&conflict.key)) }
            @if let Some(error) = error { p.error { (icon("alert")) span { (error) } } }
            @if let Some(mine) = &conflict.mine { (hidden(&format!("mine.{}", conflict.key), mine)) }
            @if let Some(theirs) = &conflict.theirs { (hidden(&format!("theirs.{}", conflict.key), theirs)) }
            div.sides {
                (side(&name, "mine", t("あなたの文"), conflict.mine.as_deref(), &conflict.key, picked == Some(Pick::Mine)))
                (side(&name, "theirs", &fill(t("{0}さんの文"), &[("0", &view.theirs.who)]), conflict.theirs.as_deref(), &conflict.key, picked == Some(Pick::Theirs)))
            }
            @if conflict.may_keep_both() {
                label.check {
                    input type="radio" name=(name) value="both" required checked[picked == Some(Pick::Both)];
                    span { (t("両方を残す")) }
                    span.help { (t("上下に並べて保存します。あとで整えられます。")) }
                }
            }
        }
    }
}

fn side(name: &str, code: &str, whose: &str, text: Option<&str>, key: &str, picked: bool) -> Markup {
    html! {
        label.side {
            span.check { input type="radio" name=(name) value=(code) required checked[picked]; b { (whose) } }
            span.text {
                @match text { Some(text) => (text_of(key, text)), None => span.soft { (t("(空にする)")) } }
            }
        }
    }
}
