//! 相談: the list of a group, opening one, closing and reopening.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Consultation, MAX_BODY, MAX_TITLE, MAX_WORDS, State};
use crate::words::t;
use crate::{
    features::groups::views::{self as groups, GroupHeader, GroupTab},
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        page::{Step, consequences, how_to},
        ui::{self, Ctx, Profession, Shell, Size, Tab, avatar, column, empty, icon, time},
        urls,
    },
};

/// The consultations of a group: the open ones, or the closed ones.
#[derive(Clone)]
pub struct ConsultationsView {
    pub header: GroupHeader,
    pub items: Vec<Consultation>,
    pub closed: bool,
    pub archived: bool,
    pub now: Timestamp,
}

opaque_debug!(ConsultationsView, OpenView, SetView);

fn room(ctx: &Ctx, header: &GroupHeader, title: &str, body: Markup) -> Markup {
    let main = html! { (groups::header(header, ctx)) (column(body)) };
    ui::shell(ctx, Shell { title, tab: Tab::Patients, list: None, side: None, in_room: false, main })
}

impl ConsultationsView {
    pub fn sample() -> Self {
        use crate::features::posts::model::Author;
        let now = groups::sample_now();
        let one = |n: u128, title: &str, may_set| Consultation {
            id: Uuid::from_u128(500 + n),
            group_id: Uuid::from_u128(100),
            post_id: Uuid::from_u128(600 + n),
            title: Some(title.to_owned()),
            state: State::Open,
            opened_by: Author {
                id: Uuid::from_u128(2),
                name: "太田 フミ".to_owned(),
                reading: String::new(),
                profession: "helper".to_owned(),
                facility: "ヘルパーステーション ゆずの木".to_owned(),
                facility_id: Uuid::from_u128(3),
                relation: None,
            },
            opened_at: now,
            replies: i64::try_from(n).unwrap_or_default(),
            changed: None,
            may_set,
        };
        let items = vec![
            one(3, "右腕の青あざについて、入浴の介助をどうするか", true),
            one(0, "夜間のポータブルトイレの位置", false),
        ];
        let header = GroupHeader { tab: GroupTab::Consultations, ..GroupHeader::sample() };
        Self { header, items, closed: false, archived: false, now }
    }
}

pub fn consultations_page(view: &ConsultationsView, ctx: &Ctx) -> Markup {
    let group = view.header.group_id;
    let here = urls::consultations(group);
    let chip = |closed: bool, word: &str, href: &str| {
        html! { a.chip href=(href) aria-current=[(view.closed == closed).then_some("true")] { (word) } }
    };
    let body = html! {
        nav.chips aria-label=(t("しぼりこみ")) {
            (chip(false, t("話し合い中"), &here))
            (chip(true, t("解決したもの"), &format!("{here}?show=closed")))
        }
        @if !view.archived { p { a.btn.primary href=(urls::new_consultation(group)) { (icon("plus")) (t("相談する")) } } }
        @if view.items.is_empty() {
            @if view.closed {
                (empty("ok", t("解決した相談はありません"), t("相談が解決すると、結果と一緒にここに残ります。"), None))
            } @else {
                (empty("speech", t("話し合い中の相談はありません"), t("みんなに決めてほしいこと、迷っていることを、相談として出せます。返信で話し合い、結果を書いて閉じます。"), None))
            }
        } @else {
            ul.panel.flush.rows { @for item in &view.items { (row(item, view)) } }
        }
        (how_to("consultations"))
    };
    room(ctx, &view.header, t("相談"), body)
}

fn row(c: &Consultation, view: &ConsultationsView) -> Markup {
    let by = &c.opened_by;
    html! {
        li.entry-row {
            (avatar(&by.name, Profession::of(&by.profession), Size::Medium))
            div {
                b { a href=(urls::post_in_group(c.group_id, c.post_id)) { (said(c.title.as_deref())) } }
                small { (by.name) (t("さん・")) (time::when(c.opened_at, view.now)) @if c.replies > 0 { (t("・返信")) (c.replies) (t("件")) } }
                @if let Some(changed) = &c.changed {
                    p.text { @if c.state == State::Closed { span.badge { (icon("ok")) (t("解決")) } } @else { span.badge.plain { (t("再開")) } } " " (said(changed.words.as_deref())) }
                    small { (changed.by) (t("さん・")) (time::when(changed.at, view.now)) }
                }
            }
            @if c.may_set && !view.archived {
                a.btn href=(urls::consultation_state(c.id)) aria-label={ (said(c.title.as_deref())) (t("を")) (word(c.state)) } { (word(c.state)) }
            }
        }
    }
}

/// Of words that were taken back it stands only that they were.
fn said(words: Option<&str>) -> &str {
    words.unwrap_or(t("（取り消されました）"))
}

fn word(now: State) -> &'static str {
    match now {
        State::Open => t("解決にする"),
        State::Closed => t("再開する"),
    }
}

/// A new consultation.
#[derive(Clone)]
pub struct OpenView {
    pub header: GroupHeader,
    pub client_id: Uuid,
    pub title: String,
    pub body: String,
    pub errors: Errors,
    /// What looks like a patient, where nobody should be written about.
    pub asks: Vec<&'static str>,
}

impl OpenView {
    pub fn sample() -> Self {
        Self {
            header: GroupHeader { tab: GroupTab::Consultations, ..GroupHeader::sample() },
            client_id: Uuid::from_u128(80),
            title: String::new(),
            body: "昼の介助のときに見つけました。湯船につかってよいか、迷っています。".to_owned(),
            errors: Errors::one("title", "入力してください。"),
            asks: Vec::new(),
        }
    }
}

pub fn open_page(view: &OpenView, ctx: &Ctx) -> Markup {
    let group = view.header.group_id;
    let max = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let steps = [
        Step {
            icon: "speech", what: t("投稿として、全員に届きます"), more: t("返信で話し合います")
        },
        Step {
            icon: "ok",
            what: t("決まったら、結果を書いて閉じます"),
            more: t("相談した人か、連携ホストが閉じます。結果は記録に残ります"),
        },
    ];
    let body = html! {
        (view.errors.summary())
        (consequences(t("相談すると、こうなります"), &steps))
        form.stack method="post" action=(urls::consultations(group)) data-keep=(format!("consultation/{group}")) data-came-back[!view.errors.is_empty() || !view.asks.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::line("title", t("何の相談か")).value(&view.title).help(t("一覧に出ます。例: 入浴の介助をどうするか")).errors(&view.errors).need().max_chars(max(MAX_TITLE)))
            (Entry::text("body", t("相談の内容"), 6).value(&view.body).errors(&view.errors).need().max_chars(max(MAX_BODY)))
            @if !view.asks.is_empty() {
                div.wording role="alert" {
                    (icon("warn"))
                    div {
                        p { b { (t("患者さんのことが書かれていませんか。")) } (view.asks.join(t("、"))) (t("のように見えるところがあります。ここは患者さんのことを書かない場所です。")) }
                        button.btn type="submit" name="sure" value="1" { (icon("send")) (t("患者さんのことではないので出す")) }
                    }
                }
            }
            div.row {
                button.btn.primary.large type="submit" { (icon("send")) (t("相談を出す")) }
                a.btn.quiet href=(urls::consultations(group)) { (t("やめる")) }
            }
        }
    };
    room(ctx, &view.header, t("相談する"), body)
}

/// Closing one, or letting it go on.
#[derive(Clone)]
pub struct SetView {
    pub header: GroupHeader,
    pub consultation: Consultation,
    pub client_id: Uuid,
    pub to: State,
    pub words: String,
    pub errors: Errors,
}

impl SetView {
    pub fn sample() -> Self {
        let ConsultationsView { header, mut items, .. } = ConsultationsView::sample();
        Self {
            header,
            consultation: items.swap_remove(0),
            client_id: Uuid::from_u128(81),
            to: State::Closed,
            words: String::new(),
            errors: Errors::one("words", "入力してください。"),
        }
    }
}

pub fn set_page(view: &SetView, ctx: &Ctx) -> Markup {
    let c = &view.consultation;
    let (title, label, help, done) = match view.to {
        State::Closed => (
            t("相談を解決にする"),
            t("どう決まったか"),
            t("全員への返信になります。例: 腫れが引くまでは清拭にします"),
            t("解決にする"),
        ),
        State::Open => (
            t("相談を再開する"),
            t("再開する理由"),
            t("全員への返信になります。例: また痛みが出ました"),
            t("再開する"),
        ),
    };
    let max = u32::try_from(MAX_WORDS).unwrap_or(u32::MAX);
    let body = html! {
        (view.errors.summary())
        h2 { (said(c.title.as_deref())) }
        form.stack method="post" action=(urls::consultation_state(c.id)) data-keep=(format!("consultation-{}/{}", view.to.code(), c.id)) data-came-back[!view.errors.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("state", view.to.code()))
            (Entry::text("words", label, 3).value(&view.words).help(help).errors(&view.errors).need().max_chars(max))
            div.row {
                button.btn.primary.large type="submit" { (icon("ok")) (done) }
                a.btn.quiet href=(urls::consultations(c.group_id)) { (t("やめる")) }
            }
        }
    };
    room(ctx, &view.header, title, body)
}
