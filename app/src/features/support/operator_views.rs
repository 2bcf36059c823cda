//! The operators' queue.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    acts::{Facts, Opened, Queued},
    model::{category_label, state_label},
};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, done, hidden},
    page::way,
    ui::{Ctx, empty, icon, submit, time},
    urls,
};
use crate::words::{fill, t};

#[derive(Debug, Clone)]
pub struct QueueView {
    pub name: String,
    pub rows: Vec<Queued>,
    pub closed: bool,
    pub facts: Facts,
    pub now: Timestamp,
}

pub fn queue_page(view: &QueueView, ctx: &Ctx) -> Markup {
    let f = &view.facts;
    let body = html! {
        section.panel.stack-s {
            p { (t("新しい ")) b { (f.new) } (t("・確認中 ")) b { (f.waiting) } (t("・答えた ")) b { (f.answered) } }
            p.small { (t("3か月のあいだの問い合わせ ")) (f.asked) (t("件。最初の回答まで、平均 ")) (mean(f.mean_first_answer)) (t("。")) }
        }
        p { @if view.closed { a.btn href=(urls::operator_inquiries()) { (t("続いているものを見る")) } }
            @else { a.btn href={ (urls::operator_inquiries()) "?closed=yes" } { (t("終わったものを見る")) } } }
        @if view.rows.is_empty() { (empty("mail", t("問い合わせはありません"), "", None)) }
        @else { ul.panel.flush.ways { @for q in &view.rows {
            (way(&urls::operator_inquiry(q.id), "mail", &format!("{} {}", q.number, category_label(&q.category)), &line(q, view.now)))
        } } }
    };
    console(
        ctx,
        Console { title: t("問い合わせ"), name: &view.name, current: urls::operator_inquiries(), body },
    )
}

/// Hours with one place, days from two days on.
pub fn mean(seconds: Option<f64>) -> String {
    match seconds {
        None => t("まだありません").to_owned(),
        Some(s) if s < 3600.0 => fill(t("{0}分"), &[("0", &format_args!("{:.0}", s / 60.0))]),
        Some(s) if s < 172_800.0 => fill(t("{0}時間"), &[("0", &format_args!("{:.1}", s / 3600.0))]),
        Some(s) => fill(t("{0}日"), &[("0", &format_args!("{:.1}", s / 86_400.0))]),
    }
}

fn line(q: &Queued, now: Timestamp) -> String {
    let who = q.facility.as_deref().unwrap_or(t("サインインしていない人"));
    let by =
        q.assigned.as_deref().map(|name| fill(t("・担当 {name}"), &[("name", &name)])).unwrap_or_default();
    fill(
        t("{0}・{who}・{1}{by}"),
        &[("0", &state_label(&q.state)), ("who", &who), ("1", &time::when(q.at, now)), ("by", &by)],
    )
}

#[derive(Clone)]
pub struct InquiryView {
    pub name: String,
    pub opened: Opened,
    /// Names the answer that the form makes.
    pub answer: Uuid,
    pub typed: String,
    pub errors: Errors,
    pub mails: bool,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

crate::opaque_debug!(InquiryView);

pub fn inquiry_page(view: &InquiryView, ctx: &Ctx) -> Markup {
    let (o, q) = (&view.opened, &view.opened.queued);
    let at = |part: &str| format!("{}/{part}", urls::operator_inquiry(q.id));
    let shift = |act: &str, word: &str, name: &'static str| {
        html! { form method="post" action=(at("state")) { (hidden("act", act)) button.btn type="submit" { (icon(name)) (word) } } }
    };
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        section.panel.stack-s {
            p.when-line { (line(q, view.now)) }
            h2 { (q.number) " " (category_label(&q.category)) }
            p { (o.name) @if !o.mail.is_empty() { (t("・")) (o.mail) } }
            p.told { (o.body) }
        }
        @for (by, a) in &o.answers { section.panel.stack-s { p.when-line { b { (t("回答")) } " " (by.as_deref().unwrap_or_default()) (t("・")) (time::when(a.at, view.now)) } p.told { (a.body) } } }
        @if q.state == "closed" { (shift("reopen", t("もう一度開く"), "undo")) }
        @else {
            form.stack method="post" action=(at("answer")) {
                (hidden("answer", &view.answer.to_string()))
                (Entry::text("body", t("回答"), 6).value(&view.typed).errors(&view.errors).need().help(where_it_goes(o, view.mails)))
                (submit(t("回答する")))
            }
            div.row { (shift("take", t("担当する"), "userok")) (shift("close", t("終わりにする"), "check")) }
        }
    };
    console(
        ctx,
        Console { title: t("問い合わせ"), name: &view.name, current: urls::operator_inquiries(), body },
    )
}

fn where_it_goes(o: &Opened, mails: bool) -> &'static str {
    match (o.signed_in, mails && !o.mail.is_empty()) {
        (true, true) => t("その人の問い合わせのページに出ます。答えたことをメールでも知らせます。"),
        (true, false) => t("その人の問い合わせのページに出ます。"),
        (false, true) => t("答えを1回だけ読めるリンクをメールで送ります。"),
        (false, false) => t("メールを送れません。上の連絡先へ、別の方法で伝えてください。"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mean_is_told_in_people_s_units() {
        let told: Vec<_> = [None, Some(90.0), Some(5400.0), Some(259_200.0)].map(super::mean).to_vec();
        assert_eq!(told, ["まだありません", "2分", "1.5時間", "3.0日"]);
    }
}
