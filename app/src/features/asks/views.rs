//! What waits for me and what I wait for; who has not answered a post; 対応済.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{MAX_TEXT, RESULTS, Waiting};
use crate::words::t;
use crate::{
    features::{
        groups::views::GroupKind,
        home::views::{Due, card},
        posts::views::{Followed, followed_list},
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        page::column,
        ui::{self, Ctx, Profession, Shell, Tab, Topbar, icon, time},
        urls,
    },
};

/// The page `/open-items`.
#[derive(Clone)]
pub struct OpenView {
    pub mine: Vec<Due>,
    /// The viewer's own posts, each with its group.
    pub waiting: Vec<((GroupKind, String), Waiting)>,
    pub now: Timestamp,
}

/// Somebody who has not answered.
#[derive(Debug, Clone)]
pub struct Person {
    pub account: Uuid,
    pub name: String,
    pub profession: Profession,
    pub facility: String,
    /// As the person shows it; may be empty.
    pub phone: String,
    pub facility_phone: String,
    pub overdue: bool,
    pub substitute: Option<String>,
    /// Was asked in somebody's place.
    pub stands_in: bool,
}

/// The page `/posts/{p}/asked`.
#[derive(Clone)]
pub struct AskedView {
    pub group: Uuid,
    pub post: Uuid,
    pub me: Uuid,
    pub people: Vec<Person>,
    /// What was done, the oldest first.
    pub called: Vec<Followed>,
    pub client_id: Uuid,
    /// A refused call: to whom, with what result and note.
    pub typed: Option<(Uuid, String, String)>,
    pub errors: Errors,
    pub now: Timestamp,
}

/// The page `/posts/{p}/handled`.
#[derive(Clone)]
pub struct HandledView {
    pub group: Uuid,
    pub post: Uuid,
    pub client_id: Uuid,
    pub result: String,
    /// The post's text.
    pub text: String,
    pub errors: Errors,
}

opaque_debug!(OpenView, AskedView, HandledView);

pub fn open_page(view: &OpenView, ctx: &Ctx) -> Markup {
    let body = html! {
        section aria-labelledby="mine" {
            (ui::section_head("must", "mine", t("あなたを待っているもの"), Some(html! { span class="soft small" { (t("期限の近い順")) } })))
            @if view.mine.is_empty() {
                (ui::empty("ok", t("待っているものはありません"), t("要了解や、あなた宛ての投稿があると、ここに出ます。"), None))
            }
            div class="stack" { @for one in &view.mine { (card(one, view.now)) } }
        }
        section id="waiting" aria-labelledby="h-waiting" {
            (ui::section_head("hour", "h-waiting", t("あなたが待っているもの"), None))
            @if view.waiting.is_empty() {
                (ui::empty("ok", t("まだの人はいません"), t("あなたが出した要了解を、まだ了解していない人がいると、ここに出ます。"), None))
            }
            @for ((kind, title), one) in &view.waiting { (waits(*kind, title, one, view.now)) }
        }
    };
    frame(ctx, t("要了解とあなた宛て"), (urls::home(), t("ホームに戻る")), body)
}

fn waits(kind: GroupKind, title: &str, one: &Waiting, now: Timestamp) -> Markup {
    let late = one.must_acknowledge_by.is_some_and(|by| by < now);
    html! {
        article class={ "due" @if late { " late" } } {
            div class="band" {
                strong { (icon("hour")) (t("まだ ")) (one.missing.len()) (t("人")) }
                @if let Some(by) = one.must_acknowledge_by { span class="end" { (time::when(by, now)) (t(" まで・")) (time::left_until(by, now)) } }
            }
            div class="in" {
                p class="of" { @if kind == GroupKind::Patient { (ui::patient_avatar(title)) (title) (t(" 様")) } @else { (ui::group_avatar(title)) (title) } }
                p class="text" { (one.excerpt) }
                ul class="missing" {
                    @for m in &one.missing {
                        li { b { (m.name) } " " span class="soft" { (Profession::of(&m.profession).label()) (t("・")) (m.facility) }
                            @if let Some(substitute) = &m.substitute { br; span class="small" { (t("代理の")) (substitute) (t("さんにもお知らせしました")) } } }
                    }
                }
                a class="btn large block" href=(urls::asked(one.post_id)) { (icon("tel")) (t("連絡する・電話を記録する")) }
                a class="see" href=(urls::post_in_group(one.group_id, one.post_id)) { (t("投稿を見る")) }
            }
        }
    }
}

pub fn asked_page(view: &AskedView, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group, view.post);
    let body = html! {
        (view.errors.summary())
        @if view.people.is_empty() {
            (ui::empty("ok", t("まだの人はいません"), t("頼まれた人は、みな了解しました。"), Some(html! { a class="btn" href=(back) { (t("投稿に戻る")) } })))
        }
        @for person in &view.people { (reach(view, person)) }
        @if !view.called.is_empty() { section { h2 { (t("これまで")) } div class="panel" { (followed_list(&view.called, view.now)) } } }
    };
    frame(ctx, t("まだの人に連絡する"), (&back, t("投稿に戻る")), body)
}

fn reach(view: &AskedView, person: &Person) -> Markup {
    html! {
        section class="panel stack-s" aria-label={ (person.name) (t("さん")) } {
            div class="person" {
                (ui::avatar(&person.name, person.profession, ui::Size::Medium))
                div { h2 { (person.name) } p class="affiliation" { (ui::profession(person.profession)) " " span { (person.facility) } } }
            }
            @if person.stands_in { p class="small" { (t("代理として頼まれています。")) } }
            @if person.overdue { p class="small strong" { (icon("clock")) (t("期限を過ぎました。")) @if let Some(name) = &person.substitute { (t("代理の")) (name) (t("さんにもお知らせしました。")) } } }
            @if person.account == view.me { p { (t("あなたです。")) a class="see" href=(urls::post_in_group(view.group, view.post)) { (t("読んで了解する")) } } }
            @else { (telephones(person)) (call_form(view, person)) }
        }
    }
}

fn telephones(person: &Person) -> Markup {
    let numbers = [(t("本人"), &person.phone), (t("施設"), &person.facility_phone)];
    html! {
        div class="row-acts" {
            @for (whose, number) in numbers {
                @if !number.is_empty() {
                    a class="btn large" href={ "tel:" (dialled(number)) } { (icon("tel")) (whose) " " span class="num" { (number) } span class="sr" { (t("に電話をかける")) } }
                }
            }
            @if person.phone.is_empty() && person.facility_phone.is_empty() { p class="soft" { (t("電話番号は登録されていません。")) } }
        }
    }
}

/// A number as telephones take it.
fn dialled(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

fn call_form(view: &AskedView, person: &Person) -> Markup {
    let typed = view.typed.as_ref().filter(|(account, _, _)| *account == person.account);
    let none = Errors::none();
    let errors = if typed.is_some() { &view.errors } else { &none };
    let (result, note) = typed.map_or(("", ""), |(_, result, note)| (result.as_str(), note.as_str()));
    html! {
        details class="opens" open[typed.is_some()] {
            summary { (t("電話したことを記録する")) span class="sr" { "(" (person.name) (t("さん)")) } }
            form class="stack-s" method="post" action=(urls::asked(view.post)) {
                (hidden("client_id", &view.client_id.to_string()))
                (hidden("account", &person.account.to_string()))
                fieldset class="field" {
                    legend { (t("どうでしたか")) }
                    @if let Some(why) = errors.of("result") { p class="error" { (icon("alert")) span { (why) } } }
                    @for ((code, _), word) in RESULTS.iter().zip([t("出た（話した）"), t("出ない"), t("伝言を残した")]) {
                        label class="check" { input type="radio" name="result" value=(code) checked[result == *code] required; span { (word) } }
                    }
                }
                label class="field" {
                    span { (t("ひとこと（なくてもかまいません）")) }
                    @if let Some(why) = errors.of("note") { span class="error" { (icon("alert")) (why) } }
                    input class="input" type="text" name="note" value=(note) maxlength=(MAX_TEXT) autocomplete="off";
                }
                button class="btn primary" type="submit" { (icon("tel")) (t("電話した")) }
                p class="small soft" { (t("だれが、いつ、だれに電話したかが、この投稿の記録に残ります。")) }
            }
        }
    }
}

pub fn handled_page(view: &HandledView, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group, view.post);
    let body = html! {
        (view.errors.summary())
        form class="panel" method="post" action=(urls::handled(view.post)) data-keep=(format!("handled/{}", view.post)) data-came-back[!view.errors.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::text("result", t("何をしましたか"), 3).value(&view.result).help(t("チームの全員が読みます。例: 薬を減らして、ご家族に伝えました")).need().max_chars(u32::try_from(MAX_TEXT).unwrap_or(u32::MAX)).errors(&view.errors))
            (ui::submit(t("対応済にする")))
            p class="small soft" { (t("だれが、いつ対応したかが記録に残ります。あとから消せません。")) }
        }
        @if !view.text.is_empty() { section class="panel quoted" aria-labelledby="old" { h2 id="old" { (t("投稿の文")) } p class="text soft" { (view.text) } } }
    };
    frame(ctx, t("対応済にする"), (&back, t("投稿に戻る")), body)
}

fn frame(ctx: &Ctx, title: &str, back: (&str, &str), body: Markup) -> Markup {
    let main = html! { (ui::topbar(Topbar { title, back: Some(back), ..Topbar::default() })) (column(body)) };
    ui::shell(ctx, Shell { title, tab: Tab::Home, list: None, side: None, in_room: false, main })
}
