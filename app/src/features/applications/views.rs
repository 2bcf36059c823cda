//! The form, and the page on which an applicant follows the application.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    acts::Own,
    model::{ApplicationForm, Offered, Particulars, Typed, postal},
};
use crate::words::{fill, t, t_in};
use crate::{
    features::{
        documents::policies::{acts::Published, views::body as policy_body},
        masters::acts::List,
    },
    web::{
        forms::{Entry, Errors, check, choices, hidden},
        ui::{Ctx, gate, notice_line, submit, time},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct NewView {
    pub form: ApplicationForm,
    pub offered: Offered,
    pub pledge: Published,
    pub errors: Errors,
}

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let (f, e) = (&view.form, &view.errors);
    let main = html! {
        h1 { (t("施設の利用申請")) }
        div.stack {
            p { (t("この申請は、施設を代表するかたがしてください。送ると、確認のメールが届きます。そのあと審査をし、承認されると、最初の管理者のアカウントを作れます。")) }
            (notice_line("shield", t("患者さんのことは書かないでください。")))
            (e.summary())
            form.stack method="post" action=(urls::new_application()) {
                (hidden("client_id", &f.client_id.to_string()))
                (hidden("pledge", &view.pledge.n.to_string()))
                (particulars(&f.typed, &view.offered, e))
                (Entry::line("mail", t("責任者のメールアドレス")).value(&f.mail).errors(e).need().inputmode("email").autocomplete("email").help(t("確認のメールと、審査の連絡が届きます。")))
                section.panel aria-label=(view.pledge.title) {
                    h2 { (view.pledge.title) (t(" 第")) (view.pledge.n) (t_in("版", "after its number")) }
                    (policy_body(view.pledge.body.as_deref().unwrap_or_default()))
                }
                (check("agreed", t("誓約を読みました。施設を代表して誓約します。"), t("同意した版と日時が残ります。"), f.agreed, e))
                (submit(t("申請する")))
            }
        }
    };
    gate(ctx, t("施設の利用申請"), main)
}

/// The fields of the facility and of who is responsible.
fn particulars(typed: &Typed, offered: &Offered, e: &Errors) -> Markup {
    let (kinds, professions) =
        (offered.words.choices(List::FacilityKind), offered.words.choices(List::Profession));
    let regions =
        [vec![(String::new(), t("どの地域でもない・分からない").to_owned())], offered.regions.clone()]
            .concat();
    html! {
        h2 { (t("施設")) }
        (Entry::select("kind", t("施設の種別"), &choices(&kinds)).value(&typed.kind).errors(e).need())
        (Entry::line("name", t("施設の名称")).value(&typed.name).errors(e).need().autocomplete("organization").max_chars(120).help(t("届け出ている正式な名称")))
        (Entry::line("kana", t("名称のふりがな")).value(&typed.kana).errors(e).need().max_chars(240))
        (Entry::line("postal_code", t("郵便番号")).value(&typed.postal_code).errors(e).need().inputmode("numeric").autocomplete("postal-code").help(t("例：123-4567")))
        (Entry::line("address", t("所在地")).value(&typed.address).errors(e).need().autocomplete("street-address").max_chars(200))
        (Entry::line("phone", t("電話番号")).value(&typed.phone).errors(e).need().inputmode("tel").autocomplete("tel").help(t("例：03-1234-5678")))
        @if !offered.regions.is_empty() {
            (Entry::select("region", t("地域"), &choices(&regions)).value(&typed.region).errors(e).help(t("選ぶと、その地域の事務局が審査します。")))
        }
        h2 { (t("責任者")) }
        (Entry::line("person", t("責任者の氏名")).value(&typed.person).errors(e).need().autocomplete("name").max_chars(120))
        (Entry::line("person_kana", t("氏名のふりがな")).value(&typed.person_kana).errors(e).need().max_chars(240))
        (Entry::select("profession", t("責任者の職種"), &choices(&professions)).value(&typed.profession).errors(e).need())
    }
}

/// Nobody can apply here now.
pub fn closed_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("施設の利用申請")) }
        p { (t("いまは、この画面での申請を受け付けていません。窓口にお問い合わせください。")) }
        p { a.btn href=(urls::support()) { (t("問い合わせる")) } }
    };
    gate(ctx, t("施設の利用申請"), main)
}

pub fn sent_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("確認のメールを送りました")) }
        p { (t("メールに書かれたページを72時間のうちに開き、メールアドレスを確かめてください。確かめるまで、申請は審査に進みません。")) }
        (notice_line("info", t("届かないときは、迷惑メールのフォルダーを見てください。アドレスを間違えたときは、もう一度申請してください。")))
        p { a.btn href=(urls::support()) { (t("問い合わせる")) } }
    };
    gate(ctx, t("確認のメールを送りました"), main)
}

#[derive(Debug, Clone)]
pub struct StatusView {
    /// The token of the letter.
    pub link: String,
    pub own: Own,
    pub offered: Offered,
    /// Names the answer that the form makes.
    pub entry: Uuid,
    pub typed: Typed,
    pub answer: String,
    pub errors: Errors,
    pub now: Timestamp,
}

pub fn status_page(view: &StatusView, ctx: &Ctx) -> Markup {
    let own = &view.own;
    let at = |part: &str| format!("/{}/{}/{part}", super::acts::STATUS, urls::encode(&view.link));
    let main = html! {
        h1 { (t("利用申請 受付 #")) (own.number) }
        div.stack {
            (view.errors.summary())
            @match own.state.as_str() {
                "unconfirmed" => {
                    p { (t("このメールアドレスでよければ、下を押してください。審査に進みます。")) }
                    form method="post" action=(at("confirmation")) { (submit(t("メールアドレスを確かめて、審査に進む"))) }
                }
                "waiting" => (notice_line("hour", t("審査しています。結果やお尋ねは、メールでお知らせします。"))),
                "asked" => (notice_line("must", t("お尋ねがあります。下で読んで、答えてください。"))),
                "approved" => (notice_line("ok", t("承認されました。最初の管理者のためのリンクを、メールで送りました。7日のうちに開いてください。"))),
                _ => (notice_line("ban", t("今回は、お断りしました。理由は下にあります。"))),
            }
            @if !own.talk.is_empty() { section { h2 { (t("これまでのやりとり")) } @for (kind, text, at) in &own.talk { (said(kind, text, *at, view.now)) } } }
            @if own.state == "asked" {
                form.stack method="post" action=(at("answer")) {
                    (hidden("entry", &view.entry.to_string()))
                    (Entry::text("answer", t("答え"), 4).value(&view.answer).errors(&view.errors).need().max_chars(2000))
                    details.more open[!view.errors.is_empty()] {
                        summary { (t("申請の内容を直す")) }
                        div.stack { (particulars(&view.typed, &view.offered, &view.errors)) }
                    }
                    (submit(t("答えを送る")))
                }
            }
            details.more { summary { (t("申請の内容")) } (summary_of(&own.particulars, &own.mail, own.pledge, &view.offered)) }
            p.small { (time::when(own.at, view.now)) (t("に受け付けました。")) }
        }
    };
    gate(ctx, t("利用申請"), main)
}

fn said(kind: &str, text: &str, at: Timestamp, now: Timestamp) -> Markup {
    let who = match kind {
        "question" => t("お尋ね"),
        "answer" => t("あなたの答え"),
        "approved" => t("承認"),
        _ => t("お断りの理由"),
    };
    html! { div.panel.stack-s { p.when-line { b { (who) } " " (time::when(at, now)) } @if !text.is_empty() { p.told { (text) } } } }
}

fn summary_of(p: &Particulars, mail: &str, pledge: i32, offered: &Offered) -> Markup {
    let words = &offered.words;
    let rows = [
        (t("種別"), words.label(List::FacilityKind, &p.kind).to_owned()),
        (t("名称"), p.name.clone()),
        (t("ふりがな"), p.kana.clone()),
        (t("所在地"), fill(t("〒{0} {1}"), &[("0", &postal(&p.postal_code)), ("1", &p.address)])),
        (t("電話番号"), p.phone.clone()),
        (t("責任者"), fill(t("{0}（{1}）"), &[("0", &p.person), ("1", &p.person_kana)])),
        (t("職種"), words.label(List::Profession, &p.profession).to_owned()),
        (t("メール"), mail.to_owned()),
        (t("誓約"), fill(t("第{pledge}版"), &[("pledge", &pledge)])),
    ];
    facts(&rows)
}

/// Label and value, one under the other.
pub fn facts(rows: &[(&str, String)]) -> Markup {
    html! { dl.facts-table { @for (label, value) in rows { div { dt { (label) } dd { (value) } } } } }
}
