//! 患者さん・ご家族に見せる: what is told now, the form, and the versions so far.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{MAX_REASON, Policy, Told};
use crate::words::{fill, t, t_in};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    opaque_debug,
    web::{
        forms::{Entry, Errors, check, done, hidden},
        page::{Page, Step, consequences, page},
        ui::{Ctx, Tab, Topbar, icon, notice_line, time},
        urls,
    },
};

/// What stands in the form.
pub struct Typed {
    pub client_id: Uuid,
    pub seen: i32,
    pub shown: bool,
    pub names: bool,
    pub kinds: bool,
    pub delay_days: String,
    pub reason: String,
}

impl Typed {
    pub fn of(now: Told, seen: i32) -> Self {
        Self {
            client_id: Uuid::now_v7(),
            seen,
            shown: now.shown,
            names: now.names,
            kinds: now.kinds,
            delay_days: now.delay_days.to_string(),
            reason: String::new(),
        }
    }
}

pub struct PolicyView {
    pub facility: String,
    pub now: Told,
    pub typed: Typed,
    pub versions: Vec<Policy>,
    pub errors: Errors,
    pub done: bool,
    pub at: Timestamp,
}

opaque_debug!(Typed, PolicyView);

pub fn policy_page(view: &PolicyView, ctx: &Ctx) -> Markup {
    let (typed, errors) = (&view.typed, &view.errors);
    let body = html! {
        (done(view.done.then_some(t("この決まりにしました。"))))
        (errors.summary())
        h2 { (t("だれが記録を見たかを、患者さん・ご家族に見せる")) }
        (notice_line(if view.now.shown { "eye" } else { "lock" }, &told_in_words(view.now)))
        (what_happens())
        form.panel.stack method="post" action=(urls::reader_policy()) data-keep="reader-policy" data-version=(typed.seen) data-came-back[!errors.is_empty()] {
            (hidden("client_id", &typed.client_id.to_string()))
            (hidden("seen", &typed.seen.to_string()))
            (check("shown", t("患者さん・ご家族に見せる"), t("自施設が管理する患者さんの、患者・家族のページに出ます。切ると、すぐに見えなくなります。"), typed.shown, errors))
            (check("names", t("お名前も見せる"), t("入れないと、施設と職種だけが見えます。ほかの施設のメンバーのお名前も見えるので、連携先に伝えてからにしてください。"), typed.names, errors))
            (check("kinds", t("何を見たかも見せる"), t("「記録」「基礎情報」「写真や書類」の3つに分けて見せます。"), typed.kinds, errors))
            (Entry::line("delay_days", t("何日たってから見せるか（1〜30日）")).value(&typed.delay_days).inputmode("numeric").errors(errors).need()
                .help(t("その日が終わってから、この日数がたつと見えます。その場で見えると、チームがいつ話しているかが分かってしまうためです。")))
            (Entry::line("reason", t("理由")).value(&typed.reason).errors(errors).need().max_chars(u32::try_from(MAX_REASON).unwrap_or(u32::MAX))
                .help(t("例: 患者会の要望で、連携先に知らせたうえで始めます。施設の管理者だけが読めます。")))
            button.btn.primary.large type="submit" { (t("この決まりにする")) }
        }
        (versions(view))
    };
    let bar = Topbar {
        back: Some((urls::access_log(), t("アクセス記録に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("患者さん・ご家族に見せる"), tab: Tab::Menu, bar, body })
}

/// The policy in one sentence, for the admin and the team.
pub fn told_in_words(told: Told) -> String {
    if !told.shown {
        return t("いまは見せていません。").to_owned();
    }
    let who = if told.names { t("お名前・職種・施設") } else { t("職種・施設") };
    let what = if told.kinds { t("と、何を見たか") } else { "" };
    fill(
        t("ご本人・ご家族は、記録を見た人（{0}{1}）を、日ごとに、{2}日おくれて見られます。"),
        &[("0", &who), ("1", &what), ("2", &told.delay_days)],
    )
}

fn what_happens() -> Markup {
    let steps = [
        Step {
            icon: "eye",
            what: t("見えるもの"),
            more: t("どの日に、どの施設の、どの職種の人が記録を見たか。決めた日より前のことは見えません"),
        },
        Step {
            icon: "ban",
            what: t("見えないもの"),
            more: t("時刻と回数、記録の中身、断られたこと、ほかのご家族が見たこと"),
        },
        Step {
            icon: "group",
            what: t("チームにも"),
            more: t(
                "チームの「患者・家族」のページに、この決まりが出ます。変えたことは、アクセス記録に残ります",
            ),
        },
    ];
    consequences(t("見せると、こうなります"), &steps)
}

fn versions(view: &PolicyView) -> Markup {
    html! {
        @if !view.versions.is_empty() {
            section {
                h2 { (t("これまでの決まり")) }
                ul.panel.flush.rows { @for policy in &view.versions {
                    li.entry-row {
                        (icon("hist"))
                        div {
                            b { (t("第")) (policy.version) (t_in("版", "after its number")) }
                            p { (told_in_words(policy.told)) }
                            p { (t("理由: ")) (policy.reason) }
                            small { (time::when(policy.at, view.at)) (t("・")) (policy.by.1) }
                        }
                    }
                } }
            }
        }
    }
}
