//! The lists of notices, and the way to say "that was not me".

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    store::{Notice, OfStaff},
    words,
};
use crate::words::{fill, t};
use crate::{
    features::{
        facilities::views::{AdminTab, admin_bar},
        recovery::{Mine, Recovery, mine_callout, open_rows},
    },
    opaque_debug,
    web::{
        forms::done,
        page::{Page, Step, consequences, page},
        ui::{Ctx, Profession, Size, Tab, Topbar, avatar, empty, icon, time},
        urls,
    },
};

pub struct MineView {
    pub notices: Vec<Notice>,
    pub recovery: Option<Mine>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(MineView);

impl MineView {
    pub fn unseen(&self) -> usize {
        self.notices.iter().filter(|n| n.new).count()
    }
}

fn bar(title: &str) -> Topbar<'_> {
    Topbar { title, back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default() }
}

pub fn mine_page(view: &MineView, ctx: &Ctx) -> Markup {
    let title = t("サインインのお知らせ");
    let body = html! {
        (done(view.done))
        @if let Some(mine) = &view.recovery { (mine_callout(mine, view.now)) }
        @if view.notices.is_empty() {
            (empty("shield", t("お知らせはありません"), t("新しい端末からのサインインや、パスワードの変更があると、ここに出ます。"), None))
        } @else {
            p { (t("心当たりのないものがあれば、「私ではない」を押してください。")) }
            ul.panel.flush.rows { @for n in &view.notices { (row(n, view.now)) } }
        }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title), body })
}

fn detail(n: &Notice) -> String {
    let by = n.by.as_ref().map(|name| fill(t("{name}さん"), &[("name", &name)]));
    [n.device.clone(), by].into_iter().flatten().collect::<Vec<_>>().join(t("・"))
}

fn row(n: &Notice, now: Timestamp) -> Markup {
    let (words, detail) = (words::of(&n.kind), detail(n));
    html! {
        li.entry-row {
            span.avatar.symbol aria-hidden="true" { (icon(words.icon)) }
            div {
                b { (t(words.what)) }
                @if !detail.is_empty() { p.affiliation { (detail) } }
                p.when-line { (time::when(n.at, now)) @if n.new { " " span.badge.accent { (t("新着")) } } }
            }
            @if n.kind != "not_me" {
                a.btn.quiet href=(urls::not_me(n.id)) aria-label={ (t("私ではない：")) (t(words.what)) (t("、")) (time::when(n.at, now)) } { (t("私ではない")) }
            }
        }
    }
}

#[derive(Debug)]
pub struct NotMeView {
    pub notice: Notice,
    pub now: Timestamp,
}

pub fn not_me_page(view: &NotMeView, ctx: &Ctx) -> Markup {
    let title = t("私ではない");
    let (n, words) = (&view.notice, words::of(&view.notice.kind));
    let ends = [
        Step {
            icon: "out",
            what: t("すべての端末からサインアウトします"),
            more: t("いま使っているこの端末もです。覚えさせた端末も忘れます"),
        },
        Step {
            icon: "lock",
            what: t("いまのパスワードは使えなくなります"),
            more: t("サインインの画面の「パスワードを忘れたとき」から、新しく決めます"),
        },
        Step {
            icon: "key",
            what: t("連携IDと、あとから登録されたパスキーを外します"),
            more: t(
                "認証アプリと回復コードは残ります。パスキーだけを使っているときは、30日より前に登録したものが残ります",
            ),
        },
        Step {
            icon: "x",
            what: t("進んでいる回復の手続きを取り消します"),
            more: t("渡されたコードも使えなくなります"),
        },
        Step {
            icon: "bell",
            what: t("施設の管理者に知らせます"),
            more: t("患者さんの記録が見られたかどうかは、アクセス記録で確かめられます"),
        },
    ];
    let body = html! {
        div.panel {
            p.strong { (t(words.what)) }
            p.affiliation { (time::when(n.at, view.now)) @let detail = detail(n); @if !detail.is_empty() { (t("・")) (detail) } }
        }
        (consequences(t("ボタンを押すと、すぐに起きること"), &ends))
        p.small { (t("連絡用のメールアドレスを登録していないときは、使い始めるために、施設の管理者の手続きがいります。")) }
        form.stack method="post" action=(urls::not_me(n.id)) {
            div.row {
                a.btn.large href=(urls::menu_security()) { (t("やめる")) }
                button.btn.large.danger type="submit" { (icon("ban")) (t("私ではありません。アカウントを閉じる")) }
            }
        }
    };
    let bar = Topbar {
        title, back: Some((urls::menu_security(), t("お知らせに戻る"))), ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

pub struct FacilityView {
    pub facility: String,
    pub notices: Vec<OfStaff>,
    pub recoveries: Vec<Recovery>,
    pub now: Timestamp,
}

opaque_debug!(FacilityView);

pub fn facility_page(view: &FacilityView, ctx: &Ctx) -> Markup {
    let open = view.recoveries.iter().any(|r| r.state.is_open());
    let body = html! {
        @if open { section { h2 { (t("進んでいる回復の手続き")) } (open_rows(&view.recoveries, view.now)) } }
        section {
            h2 { (t("スタッフのサインインのお知らせ")) }
            @if view.notices.is_empty() {
                (empty("shield", t("お知らせはありません"), t("スタッフの新しい端末、続いた失敗、回復の手続きなどが、ここに出ます。"), None))
            } @else {
                ul.panel.flush.rows { @for n in &view.notices { (staff_row(n, view.now)) } }
            }
        }
    };
    page(
        ctx,
        Page { title: t("安全"), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Security), body },
    )
}

fn staff_row(n: &OfStaff, now: Timestamp) -> Markup {
    let profession = Profession::of(&n.profession);
    html! {
        li.entry-row {
            (avatar(&n.name, profession, Size::Medium))
            div {
                b { (n.name) }
                p.affiliation { (t(words::of(&n.kind).what)) }
                p.when-line { (time::when(n.at, now)) @if let Some(by) = &n.by { (t("・")) (by) (t("さん")) } }
            }
        }
    }
}
