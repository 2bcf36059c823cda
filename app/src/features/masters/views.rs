//! Both lists, each word with its form.

use maud::{Markup, html};

use super::acts::{List, Typed, Word, Words};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, check, done, hidden},
    ui::{Ctx, icon, submit},
    urls,
};
use crate::words::t;

#[derive(Debug, Clone)]
pub struct MastersView {
    /// The operator's.
    pub name: String,
    pub words: Words,
    /// What could not be saved.
    pub typed: Option<Typed>,
    pub errors: Errors,
    pub done: Option<&'static str>,
}

pub fn masters_page(view: &MastersView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        p { (t("利用申請などで選べる言葉です。表示名を変えても、すでに書かれた記録は変わりません。")) }
        @if let Some(typed) = &view.typed {
            (view.errors.summary())
            section { h2 { (List::from_code(&typed.list).map_or("", List::label)) } (word_form(typed, &view.errors)) }
        }
        @for list in List::ALL {
            section {
                h2 { (list.label()) }
                div.panel.stack-s { @for word in view.words.of(list) { (row(word)) } }
                details.more {
                    summary { (list.label()) (t("を加える")) }
                    @if view.typed.is_none() {
                        (word_form(&Typed { list: list.code().into(), place: "900".into(), may_join: on(true), active: on(true), new: on(true), ..Typed::default() }, &Errors::none()))
                    } @else { a.btn href=(urls::operator_masters()) { (t("上の入力をやめて、加える")) } }
                }
            }
        }
    };
    console(
        ctx,
        Console { title: t("種別と職種"), name: &view.name, current: urls::operator_masters(), body },
    )
}

fn on(yes: bool) -> Option<String> {
    yes.then(|| "on".to_owned())
}

/// One line; its form sends everything, so that nothing else needs to be typed to switch one thing.
fn row(word: &Word) -> Markup {
    let send = |may_join: bool, active: bool, label: &str| {
        html! {
            form method="post" action=(urls::operator_masters()) {
                (hidden("list", word.list.code())) (hidden("code", &word.code)) (hidden("place", &word.place.to_string()))
                (hidden("label_ja", &word.ja)) (hidden("label_en", &word.en))
                @if may_join { (hidden("may_join", "on")) }
                @if active { (hidden("active", "on")) }
                button.btn type="submit" aria-label={ (word.ja) (t("を")) (label) } { (label) }
            }
        }
    };
    html! {
        div.entry-row {
            (icon("list"))
            div {
                b { (word.ja) }
                @if !word.active { " " span.badge { (t("使わない")) } } @else if !word.may_join { " " span.badge { (t("新しくは選べない")) } }
                p.small { (word.en) (t("・")) code { (word.code) } (t("・並び ")) (word.place) }
                form.row method="post" action=(urls::operator_masters()) {
                    (hidden("list", word.list.code())) (hidden("code", &word.code)) (hidden("label_en", &word.en))
                    @if word.may_join { (hidden("may_join", "on")) }
                    @if word.active { (hidden("active", "on")) }
                    input.input name="label_ja" value=(word.ja) aria-label={ (word.ja) (t("の表示名")) } maxlength="60" required;
                    input.input name="place" value=(word.place) aria-label={ (word.ja) (t("の並び")) } inputmode="numeric" size="4" required;
                    button.btn type="submit" aria-label={ (word.ja) (t("を保存する")) } { (t("保存する")) }
                }
            }
            @if word.active && word.may_join { (send(false, true, t("選べなくする"))) }
            @else { (send(true, true, t("選べるようにする"))) }
        }
    }
}

fn word_form(typed: &Typed, errors: &Errors) -> Markup {
    html! {
        form.stack method="post" action=(urls::operator_masters()) {
            (hidden("list", &typed.list))
            @if typed.new.is_some() { (hidden("new", "on")) }
            @if typed.new.is_some() {
                (Entry::line("code", t("コード")).value(&typed.code).errors(errors).need().help(t("記録に残る名前です。英小文字と下線。あとから変えられません。")))
            } @else { (hidden("code", &typed.code)) }
            (Entry::line("label_ja", t("表示名")).value(&typed.label_ja).errors(errors).need().max_chars(60))
            (Entry::line("label_en", t("表示名（英語）")).value(&typed.label_en).errors(errors).need().max_chars(60))
            (Entry::line("place", t("並び")).value(&typed.place).errors(errors).need().inputmode("numeric").help(t("小さいものから並びます。")))
            (check("may_join", t("新しく選べる"), "", typed.may_join.is_some(), &Errors::none()))
            (check("active", t("一覧に出す"), "", typed.active.is_some(), &Errors::none()))
            (submit(t("保存する")))
        }
    }
}
