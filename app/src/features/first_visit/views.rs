//! A page for each step, and all three at a glance.

use maud::{Markup, html};

use crate::web::{
    page::{Page, page, way},
    ui::{self, Ctx, Tab, Tone, Topbar, icon},
    urls,
};
use crate::words::t;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Notices,
    Protection,
    Practice,
}

impl Step {
    pub const ALL: [Self; 3] = [Self::Notices, Self::Protection, Self::Practice];

    pub fn code(self) -> &'static str {
        match self {
            Self::Notices => "notices",
            Self::Protection => "protection",
            Self::Practice => "practice",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    fn title(self) -> &'static str {
        match self {
            Self::Notices => t("お知らせを受け取る"),
            Self::Protection => t("サインインを守る"),
            Self::Practice => t("お試しグループで練習する"),
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Notices => "bell",
            Self::Protection => "shield",
            Self::Practice => "pen",
        }
    }
}

/// For each step: nothing yet, left for later (false), or done.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    pub answered: [Option<bool>; 3],
}

#[derive(Debug, Clone, Copy)]
pub struct StepView {
    pub step: Step,
    pub second_factor: bool,
    /// Recovery codes not used yet.
    pub codes: i64,
}

pub fn overview_page(state: &State, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("連携を使いはじめるための、3つの準備です。どれも、あとからできます。")) }
        ul.ways.panel.flush {
            @for (step, answered) in Step::ALL.into_iter().zip(state.answered) {
                (way(&urls::first_visit_step(step.code()), step.icon(), step.title(), match answered {
                    Some(true) => t("済みました"),
                    Some(false) => t("あとでにしました"),
                    None => t("まだです"),
                }))
            }
        }
    };
    frame(t("はじめの3つの準備"), (urls::help(), t("使い方の一覧に戻る")), body, ctx)
}

fn frame(title: &str, back: (&str, &str), body: Markup, ctx: &Ctx) -> Markup {
    let bar = Topbar { title, back: Some(back), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::None, bar, body })
}

pub fn step_page(view: &StepView, ctx: &Ctx) -> Markup {
    let step = view.step;
    let number = step as usize + 1;
    let body = html! {
        p.soft { (t("はじめの準備 ")) (number) " / " (Step::ALL.len()) }
        progress max=(Step::ALL.len()) value=(number) aria-label=(t("準備の進み具合")) {}
        @match step {
            Step::Notices => (notices(ctx)),
            Step::Protection => (protection(view)),
            Step::Practice => (practice()),
        }
        form.stack-s method="post" action=(urls::first_visit_step(step.code())) {
            button.btn.primary.large.block type="submit" name="answer" value="done" { @if step.next().is_some() { (t("済んだので、次へ")) } @else { (t("済んだので、はじめる")) } }
            button.btn.large.block type="submit" name="answer" value="skipped" { (t("あとでする")) }
        }
        p.soft.small { (t("この準備は「メニュー」の「使い方」から、いつでも開けます。")) }
    };
    frame(step.title(), (urls::first_visit(), t("3つの準備に戻る")), body, ctx)
}

fn notices(ctx: &Ctx) -> Markup {
    let name = ctx.viewer.as_ref().map(|viewer| viewer.name.as_str()).unwrap_or_default();
    html! {
        p { (name) (t("さん、ようこそ。あなた宛ての投稿や要了解があると、この端末やメールでお知らせします。お知らせの文に、患者さんのことは出ません。")) }
        ol.outline.panel {
            li { (t("スマートフォンでは、ブラウザーの「ホーム画面に追加」で入れると、アプリのように開けます。")) }
            li { (t("「お知らせの設定」で、この端末で受け取るようにします。")) }
            li { (t("鳴らしたくない時間があれば、「静かにする時間」を決めます。")) }
        }
        a.btn.large.block href=(urls::notification_settings()) { (icon("bell")) (t("お知らせの設定を開く")) }
    }
}

fn protection(view: &StepView) -> Markup {
    html! {
        @if view.second_factor {
            (ui::callout(Tone::Success, t("2つめの認証が登録されています"), html! { p { (t("パスワードが知られても、あなたの端末がなければ入れません。")) } }))
        } @else {
            (ui::callout(Tone::Caution, t("2つめの認証が、まだ登録されていません"), html! { p { (t("パスキーか認証アプリを登録すると、パスワードが知られても入れません。")) } }))
        }
        @match (view.second_factor, view.codes) {
            (true, 0) => (ui::callout(Tone::Caution, t("使える回復コードがありません"), html! { p { (t("端末をなくしたときのために、作り直してください。")) } })),
            (true, codes) => p { (t("使える回復コードは")) (codes) (t("個です。印刷するか書き写して、端末とは別の場所にしまってください。")) },
            (false, _) => {},
        }
        ul.ways.panel.flush {
            (way(urls::passkeys(), "key", t("パスキーとアプリ認証"), t("端末をもう1つ登録しておくと、1つなくしても入れます")))
            @if view.second_factor { (way(urls::menu_recovery_codes(), "shield", t("回復コードを作り直す"), t("書き写していないとき"))) }
            (way(urls::my_contact(), "mail", t("連絡先"), t("パスワードを忘れたときに、リンクを受け取る先"))) }
    }
}

fn practice() -> Markup {
    html! {
        p { (t("架空の患者さんと仲間がいる、あなただけの練習の場所です。投稿、了解、訂正、取り消しを試せます。")) }
        p { (t("書いたものは保存されず、だれにも届きません。")) }
        a.btn.large.block href=(urls::practice()) { (icon("pen")) (t("お試しグループを開く")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_follow_each_other_and_each_can_be_left() {
        assert_eq!(Step::Notices.next(), Some(Step::Protection));
        assert_eq!(Step::Practice.next(), None);
        for step in Step::ALL {
            assert_eq!(Step::from_code(step.code()), Some(step));
            let view = StepView { step, second_factor: false, codes: 0 };
            let html = step_page(&view, &Ctx::sample("/welcome")).0;
            assert!(html.contains("あとでする") && html.contains("value=\"skipped\""), "{html}");
        }
    }
}
