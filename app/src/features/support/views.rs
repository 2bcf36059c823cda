//! The inquiry page, and the page of an answer.

use jiff::{Timestamp, civil::DateTime};
use maud::{Markup, html};

use super::model::{CATEGORIES, InquiryForm, Own, category_label, state_label};
use crate::words::{fill, t};
use crate::{
    config::{Day, Desk},
    web::{
        forms::{Entry, Errors, check, choices, done, hidden},
        input,
        page::{Page, page},
        ui::{Ctx, Tab, Topbar, gate, notice_line, submit, time},
        urls,
    },
};

#[derive(Clone)]
pub struct AskView {
    pub desk: String,
    pub phone: String,
    pub hours: String,
    /// Whether somebody is there now,
    pub state: Desk,
    /// and when again, in Japan.
    pub next: Option<DateTime>,
    /// Whether answers are announced by mail.
    pub mails: bool,
    pub form: InquiryForm,
    pub errors: Errors,
    /// The number of an inquiry that was just taken in.
    pub sent: Option<i64>,
    pub mine: Vec<Own>,
    pub now: Timestamp,
}

crate::opaque_debug!(AskView);

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let signed_in = ctx.viewer.is_some();
    let sent = view.sent.map(|n| fill(t("受け付けました。番号は {n} です。"), &[("n", &n)]));
    let body = html! {
        (done(sent.as_deref()))
        @if view.sent.is_some() { p { (what_next(view, signed_in)) } }
        (hours(view))
        section.stack { h2 { (t("問い合わせる")) } (form(view, signed_in)) }
        @if !view.mine.is_empty() { section { h2 { (t("これまでの問い合わせ")) } @for own in &view.mine { (own_inquiry(own, view.now)) } } }
    };
    if !signed_in {
        return gate(ctx, t("問い合わせ"), html! { h1 { (t("問い合わせ")) } div.stack { (body) } });
    }
    let bar = Topbar {
        title: t("問い合わせ"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("問い合わせ"), tab: Tab::Menu, bar, body })
}

fn what_next(view: &AskView, signed_in: bool) -> &'static str {
    match (signed_in, view.mails) {
        (true, true) => t(
            "答えはこのページに出ます。メールアドレスを入れたときは、答えたことをメールでもお知らせします。",
        ),
        (true, false) => t("答えはこのページに出ます。"),
        (false, true) => t("答えたら、答えを読むページのリンクをメールで送ります。"),
        (false, false) => t(
            "いまはメールを送れないため、運営から別の方法で連絡します。お急ぎのときは電話をお使いください。",
        ),
    }
}

fn hours(view: &AskView) -> Markup {
    html! {
        section.panel.stack-s {
            b { (view.desk) }
            (notice_line("clock", &view.hours))
            p { span.badge { (now(view.state)) } }
            @if view.state != Desk::Open {
                @if let Some(next) = view.next { p { (t("次は ")) b { (moment(next)) } (t(" からです。")) } }
            }
            @if !view.phone.is_empty() { (notice_line("tel", &view.phone)) }
            @if view.state != Desk::Open { p.small { (t("いまでも送れます。受付時間になってから見ます。")) } }
        }
    }
}

fn now(state: Desk) -> String {
    match state {
        Desk::Open => t("いま受付中").to_owned(),
        Desk::Closed(Day::Working) => t("いまは時間外です").to_owned(),
        Desk::Closed(Day::Off(None)) => t("本日は休みです").to_owned(),
        Desk::Closed(Day::Off(Some(holiday))) => {
            fill(t("本日は休みです（{holiday}）"), &[("holiday", &holiday)])
        }
    }
}

/// `11月24日(火) 09:00`.
fn moment(at: DateTime) -> String {
    format!("{} {}", time::month_day(at.date()), input::clock_value(at.time()))
}

fn form(view: &AskView, signed_in: bool) -> Markup {
    let (f, e) = (&view.form, &view.errors);
    let categories: Vec<_> = CATEGORIES.iter().map(|(c, l)| ((*c).to_owned(), t(l).to_owned())).collect();
    html! {
        (e.summary())
        (notice_line("shield", t("患者さんのお名前や病状は書かないでください。")))
        form.stack method="post" action=(urls::support()) data-keep="support" data-came-back[!e.is_empty()] {
            (hidden("client_id", &f.client_id.to_string()))
            (Entry::select("category", t("何について"), &choices(&categories)).value(&f.category).errors(e).need())
            (Entry::line("name", t("お名前")).value(&f.name).errors(e).need().autocomplete("name").max_chars(120))
            @if signed_in {
                (Entry::line("mail", t("メールアドレス")).value(&f.mail).errors(e).inputmode("email").autocomplete("email").help(t("答えはこのページに出ます。メールでも知りたいときだけ入れてください。")))
            } @else {
                (Entry::line("mail", t("メールアドレス")).value(&f.mail).errors(e).need().inputmode("email").autocomplete("email").help(t("答えを読むためのリンクを送ります。")))
            }
            (Entry::text("body", t("内容"), 6).value(&f.body).errors(e).need().max_chars(4000))
            @if e.of("body").is_some() { (check("sure", t("患者さんのことは書いていません"), "", f.sure.is_some(), &Errors::none())) }
            (submit(t("送る")))
        }
    }
}

fn own_inquiry(own: &Own, now: Timestamp) -> Markup {
    html! {
        article.panel.stack-s {
            p.when-line { (t("番号 ")) (own.number) (t("・")) (category_label(&own.category)) (t("・")) (time::when(own.at, now)) " " span.badge { (state_label(&own.state)) } }
            p.told { (own.body) }
            @for a in &own.answers { div.answer { p.when-line { b { (t("回答")) } " " (time::when(a.at, now)) } p.told { (a.body) } } }
        }
    }
}

/// Before a link from a letter is used up.
pub fn link_page(link: &str, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("お問い合わせの回答")) }
        p { (t("回答を読めるのは1回だけです。いま読めるときに開いてください。")) }
        form method="post" action={ "/support/answers/" (link) } { (submit(t("回答を読む"))) }
    };
    gate(ctx, t("お問い合わせの回答"), main)
}

/// Behind a link that opens nothing any more.
pub fn link_gone_page(expired: bool, ctx: &Ctx) -> Markup {
    let main = html! {
        @if expired {
            h1 { (t("この回答は、期限が過ぎました")) }
            p { (t("回答を読めるのは、メールが届いてから14日のあいだだけです。")) }
        } @else {
            h1 { (t("この回答は、もう開かれました")) }
            p { (t("回答を読めるのは1回だけです。開いたのがご自分でないときは、そのことも書いて問い合わせてください。")) }
        }
        p { a.btn href=(urls::support()) { (t("もう一度問い合わせる")) } }
    };
    gate(ctx, t("お問い合わせの回答"), main)
}

pub fn answer_page(own: &Own, now: Timestamp, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("お問い合わせの回答")) }
        (own_inquiry(own, now))
        (notice_line("info", t("このページを閉じると、もう開けません。要るところは控えてください。")))
        p { a.btn href=(urls::support()) { (t("もう一度問い合わせる")) } }
    };
    gate(ctx, t("お問い合わせの回答"), main)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_desk_says_why_it_is_closed_and_when_it_opens() {
        assert_eq!(now(Desk::Closed(Day::Off(Some("文化の日")))), "本日は休みです（文化の日）");
        assert_eq!(now(Desk::Closed(Day::Off(None))), "本日は休みです");
        assert_eq!(now(Desk::Closed(Day::Working)), "いまは時間外です");
        assert_eq!(moment(date(2026, 11, 24).at(9, 0, 0, 0)), "11月24日(火) 09:00");
    }
}
