//! Registering a patient.

use maud::{Markup, Render as _, html};
use uuid::Uuid;

use crate::web::forms::{Entry, Errors, check, choices, hidden};
use crate::web::page::{Page, page};
use crate::web::person::Person;
use crate::web::ui::{Choice, Ctx, Tab, Topbar, notice_line};
use crate::web::urls;
use crate::words::t;

/// What was typed, as typed. Every form of one patient carries one `client_id`, so a double click makes one patient.
#[derive(Clone)]
pub struct NewPatientView {
    pub client_id: Uuid,
    pub name: String,
    pub kana: String,
    /// `1934`, `1934-05` or `1934-05-12`.
    pub birth_date: String,
    /// A value of the face sheet's `gender`, or empty.
    pub gender: String,
    pub number: String,
    /// Go on to opening the group.
    pub open_group: bool,
    pub errors: Errors,
}

crate::opaque_debug!(NewPatientView);

impl NewPatientView {
    pub fn sample() -> Self {
        Self {
            client_id: Uuid::from_u128(99),
            name: "小野寺 ハル子".to_owned(),
            kana: "おのでら はるこ".to_owned(),
            birth_date: "昭和9年".to_owned(),
            gender: "female".to_owned(),
            number: "S-0003".to_owned(),
            open_group: true,
            errors: Errors::one("birth_date", "1934、1934-05、1934-05-12 のどれかの形で入れてください。"),
        }
    }
}

pub fn new_patient_page(view: &NewPatientView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        form.stack method="post" action=(urls::patients()) {
            (hidden("client_id", &view.client_id.to_string()))
            (who(view))
            (group(view))
            div.row {
                button.btn.primary.large type="submit" { (t("登録する")) }
                a.btn.quiet href=(urls::patients()) { (t("やめる")) }
            }
            (notice_line("lock", t("名前も暗号にして保存します。登録したことは、アクセス記録に残ります。")))
        }
    };
    let back = Some((urls::patients(), t("患者の一覧に戻る")));
    let bar = Topbar { title: t("患者さんを登録する"), back, ..Topbar::default() };
    page(ctx, Page { title: t("患者さんの登録"), tab: Tab::Patients, bar, body })
}

/// FHIR's administrative genders.
const GENDERS: [(&str, &str); 4] =
    [("female", "女性"), ("male", "男性"), ("other", "その他"), ("unknown", "わからない")];

fn who(view: &NewPatientView) -> Markup {
    let genders = GENDERS.map(|(value, label)| Choice { value, label: t(label), help: None });
    html! {
        (Entry::line("name", t("名前")).value(&view.name).errors(&view.errors).need().autocomplete("off").max_chars(80)
            .help(t("戸籍や保険証のとおりに入れます。")))
        (Entry::line("kana", t("ふりがな")).value(&view.kana).errors(&view.errors).need().autocomplete("off").max_chars(120)
            .help(t("ひらがなで入れると、一覧が五十音の順に並びます。")))
        (Entry::line("birth_date", t("生年月日")).value(&view.birth_date).errors(&view.errors).autocomplete("off").max_chars(10)
            .help(t("例: 1934-05-12。分かるところまででかまいません(1934、1934-05)。")))
        (Entry::select("gender", t("性別"), &genders).value(&view.gender).errors(&view.errors))
        (Entry::line("number", t("施設の患者番号")).value(&view.number).errors(&view.errors).autocomplete("off").max_chars(40)
            .help(t("あなたの施設だけで使う番号です。なければ空けておきます。")))
    }
}

fn group(view: &NewPatientView) -> Markup {
    html! {
        section {
            h2 { (t("患者グループ")) }
            div.panel.stack {
                (check("open_group", t("つづけてグループを開く"), t("次の画面でホストを選びます。開くと、ほかの施設の人を招待して記録を始められます。あとから開くこともできます。"), view.open_group, &view.errors))
            }
        }
    }
}

/// The choice of the host, for the page that opens a group.
pub fn host_field(hosts: &[Person], chosen: &str, errors: &Errors) -> Markup {
    let people: Vec<_> = hosts.iter().map(|p| (p.account_id.to_string(), p.in_words())).collect();
    Entry::select("host", t("ホスト"), &choices(&people))
        .value(chosen)
        .errors(errors)
        .help(t("招待、承認、退出をまとめる人です。あとから引き継げます。"))
        .render()
}
