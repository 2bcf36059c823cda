//! Starting, confirming, and handing over the code.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Lost, REASONS, Recovery, StartForm, State, WAYS, label};
use crate::words::t;
use crate::{
    features::sign_in::enrol_views::qr,
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, Step, consequences, page},
        person::Person,
        ui::{Ctx, Size, Tab, Tone, Topbar, avatar, callout, icon, submit, time},
        urls,
    },
};

pub struct RecoveryView {
    pub facility: String,
    pub person: Person,
    pub login_id: String,
    pub suspended: bool,
    /// The viewer's account.
    pub me: Uuid,
    /// Of this person, newest first.
    pub recoveries: Vec<Recovery>,
    pub form: StartForm,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(RecoveryView);

fn bar<'a>(title: &'a str, facility: &'a str) -> Topbar<'a> {
    let back = Some((urls::facility(), t("スタッフに戻る")));
    Topbar { title, note: Some(facility), back, ..Topbar::default() }
}

pub fn recovery_page(view: &RecoveryView, ctx: &Ctx) -> Markup {
    let title = t("サインインの回復");
    let open = view.recoveries.iter().find(|r| r.state.is_open());
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        div.person {
            (avatar(&view.person.name, view.person.profession, Size::Large))
            div { h2 { (view.person.name) } p { (view.person.profession.label()) (t("・ID ")) (view.login_id) } }
        }
        @if let Some(open) = open { (open_one(open, view)) }
        @else if view.person.account_id == view.me {
            (callout(Tone::Info, t("自分の回復は始められません"), html! { p { (t("ほかの管理者に頼んでください。いないときは、運営に問い合わせてください。")) } }))
            a.btn.large href=(urls::support()) { (t("運営に問い合わせる")) }
        } @else if view.suspended {
            (callout(Tone::Info, t("利用を止めています"), html! { p { (t("回復するには、先に利用を再開してください。")) } }))
            a.btn.large href=(urls::suspension(view.person.account_id)) { (t("利用を再開する")) }
        } @else { (start_form(view)) }
        (history(view))
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}

fn start_form(view: &RecoveryView) -> Markup {
    let steps = [
        Step {
            icon: "bell",
            what: t("本人と管理者みんなに知らせます"),
            more: t("本人は、開いている画面から取り消せます"),
        },
        Step {
            icon: "userok",
            what: t("もう一人が確認します"),
            more: t("この施設のほかの管理者。いないときは運営者が電話で確かめます"),
        },
        Step {
            icon: "key",
            what: t("確認のあと、コードを本人に渡します"),
            more: t("使うには、残っているほう(パスワード、または認証アプリ)も要ります"),
        },
        Step {
            icon: "clock", what: t("24時間で無効になります"), more: t("使わなければ、何も変わりません")
        },
    ];
    html! {
        (consequences(t("この手続きで起きること"), &steps))
        form.stack method="post" action=(urls::staff_recovery(view.person.account_id)) {
            (hidden("client_id", &view.form.client_id.to_string()))
            (Entry::radio("reason", t("何がありましたか"), &REASONS.map(crate::web::ui::Choice::spoken)).value(&view.form.reason).errors(&view.errors).need())
            (Entry::radio("identified", t("本人であることを、どう確かめましたか"), &WAYS.map(crate::web::ui::Choice::spoken)).value(&view.form.identified).errors(&view.errors).need())
            div.row {
                a.btn.large href=(urls::facility()) { (t("やめる")) }
                button.btn.large.primary type="submit" { (t("回復を始める")) }
            }
        }
    }
}

fn facts(r: &Recovery, now: Timestamp) -> Markup {
    html! {
        dl.facts-table {
            div { dt { (t("受付番号")) } dd { b { "#" (r.number) } } }
            div { dt { (t("内容")) } dd { (r.lost.label()) } }
            div { dt { (t("理由")) } dd { (label(&REASONS, &r.reason)) } }
            div { dt { (t("本人の確かめ方")) } dd { (label(&WAYS, &r.identified)) } }
            div { dt { (t("始めた人")) } dd { (r.started_name) (t("・")) (time::when(r.started_at, now)) } }
            @if r.by_operator { div { dt { (t("確認した人")) } dd { (t("運営者")) } } }
            @else if let Some(name) = &r.confirmed_name { div { dt { (t("確認した人")) } dd { (name) } } }
            div { dt { (t("期限")) } dd { (time::when(r.ends_at, now)) } }
        }
    }
}

fn open_one(r: &Recovery, view: &RecoveryView) -> Markup {
    let concerned = r.account == view.me;
    html! {
        section {
            h2 { (r.state.label()) }
            (facts(r, view.now))
        }
        @if concerned { p { (t("自分の回復は、自分では確認できません。心当たりがなければ、取り消してください。")) } }
        @else if r.state == State::Started { (waiting(r, view)) }
        @else { (ready(r)) }
        form method="post" action=(urls::recovery_cancellation(r.id)) {
            button.btn.danger-quiet type="submit" { (icon("x")) (t("この手続きを取り消す")) }
        }
    }
}

fn waiting(r: &Recovery, view: &RecoveryView) -> Markup {
    if r.started_by == view.me {
        return callout(
            Tone::Info,
            t("もう一人の確認がいります"),
            html! {
                p { (t("ほかの管理者に、「施設の管理」の「安全」を開いてもらってください。")) }
                p { (t("管理者がほかにいないときは、運営者が登録の電話番号へかけて確かめます。受付番号 #")) (r.number) (t(" を伝えてください。")) }
                a.btn href=(urls::support()) { (t("運営に連絡する")) }
            },
        );
    }
    html! {
        p { (t("本人に直接会うか、電話をかけ直して、本人が頼んだことを確かめてから押してください。")) }
        form method="post" action=(urls::recovery_confirmation(r.id)) {
            button.btn.large.primary type="submit" { (icon("userok")) (t("確かめました。確認する")) }
        }
    }
}

fn ready(r: &Recovery) -> Markup {
    let what = match r.lost {
        Lost::Factor => t(
            "本人がコードとパスワードを入れると、前の認証アプリと回復コードは使えなくなり、すべての端末からサインアウトします。",
        ),
        Lost::Password => t(
            "本人がコードと認証アプリの数字を入れると、新しいパスワードを決められます。すべての端末からサインアウトします。",
        ),
    };
    html! {
        p { (what) }
        p.small { (t("コードは一度だけ表示します。もう一度作ると、前のコードは使えなくなります。")) }
        form method="post" action=(urls::recovery_code(r.id)) {
            button.btn.large.primary type="submit" { (icon("key")) (t("本人に渡すコードを作る")) }
        }
    }
}

fn history(view: &RecoveryView) -> Markup {
    let past: Vec<_> = view.recoveries.iter().filter(|r| !r.state.is_open()).collect();
    html! {
        @if !past.is_empty() {
            section {
                h2 { (t("これまでの手続き")) }
                ul.panel.flush.rows { @for r in past { li.entry-row {
                    (icon("hist"))
                    div {
                        b { "#" (r.number) " " (r.lost.label()) }
                        p.affiliation { (r.state.label()) }
                        p.when-line { (time::when(r.started_at, view.now)) " " (r.started_name) }
                    }
                } } }
            }
        }
    }
}

pub struct CodeView {
    pub facility: String,
    pub name: String,
    pub account: Uuid,
    pub number: i32,
    pub lost: Lost,
    /// In fours.
    pub code: String,
    /// Where a typed code is entered.
    pub page: String,
    /// With the code in it.
    pub link: String,
    pub ends_at: Timestamp,
    pub now: Timestamp,
}

opaque_debug!(CodeView);

pub fn code_page(view: &CodeView, ctx: &Ctx) -> Markup {
    let title = t("本人に渡すコード");
    let other = match view.lost {
        Lost::Factor => t("パスワード"),
        Lost::Password => t("認証アプリの6けたの数字、または回復コード"),
    };
    let body = html! {
        (callout(Tone::Caution, t("このページは、一度しか出ません"), html! {
            p { (t("本人に見せるか、印刷して手渡してください。メールやチャットでは送らないでください。")) }
        }))
        section {
            h2 { (view.name) (t("さんのコード")) }
            div.panel.stack {
                p.key { code { (view.code) } }
                div.qr role="img" aria-label=(t("コードの入ったページを開く二次元コード")) { (qr(&view.link).unwrap_or_default()) }
                p { (t("スマートフォンで上の四角を読み取るか、次のページを開いてコードを入れます。")) }
                p { code { (view.page) } }
                p { (t("続けて、ID と ")) (other) (t(" を聞きます。")) }
                p.small { (t("受付番号 #")) (view.number) (t("・期限 ")) (time::when(view.ends_at, view.now)) }
            }
        }
        a.btn.large href=(urls::staff_recovery(view.account)) { (t("戻る")) }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}

/// Open ones, for the facility's page of security.
pub fn open_rows(recoveries: &[Recovery], now: Timestamp) -> Markup {
    html! {
        ul.panel.flush.rows { @for r in recoveries.iter().filter(|r| r.state.is_open()) { li.entry-row {
            (icon("key"))
            div {
                b { (r.name) (t("さん・")) (r.lost.label()) }
                p.affiliation { (r.state.label()) }
                p.when-line { "#" (r.number) (t("・")) (r.started_name) (t("・期限 ")) (time::when(r.ends_at, now)) }
            }
            a.btn.primary href=(urls::staff_recovery(r.account)) aria-label={ (r.name) (t("さんの回復を開く")) } { (t("開く")) }
        } } }
    }
}

/// The person's own view of it, with the way to stop it.
pub fn mine_callout(mine: &super::Mine, now: Timestamp) -> Markup {
    callout(
        Tone::Caution,
        t("あなたのサインインの回復が進んでいます"),
        html! {
            p { (mine.facility) (t("の")) (mine.started_name) (t("さんが、")) (time::when(mine.started_at, now)) (t("に始めました（#")) (mine.number) (t("）。")) }
            p { (mine.lost.label()) (t("・")) (mine.state.label()) (t("・期限 ")) (time::when(mine.ends_at, now)) }
            p { (t("頼んだ覚えがなければ、すぐに取り消してください。")) }
            form method="post" action=(urls::my_recovery_cancellation(mine.id)) { (submit(t("取り消す"))) }
        },
    )
}
