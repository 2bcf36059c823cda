//! Before one leaves by oneself: what ends and what stays, in words.

use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, check, hidden},
        page::{Page, Step, consequences, page},
        ui::{Choice, Ctx, Tab, Tone, Topbar, callout, icon},
        urls,
    },
};

/// One facility that could be left.
pub struct Place {
    pub id: Uuid,
    pub name: String,
    /// Nobody else administrates it.
    pub last_admin: bool,
    pub groups: usize,
    pub hosted: usize,
    /// Who becomes the host of her groups.
    pub followers: Vec<String>,
}

opaque_debug!(Place);

pub struct WithdrawalView {
    pub client_id: Uuid,
    pub places: Vec<Place>,
    pub chosen: String,
    pub errors: Errors,
}

opaque_debug!(WithdrawalView);

fn place_help(place: &Place) -> String {
    if place.last_admin {
        return t("管理者がほかにいないため、いまは離れられません。先に別の方を管理者にしてください。")
            .to_owned();
    }
    let mut text = fill(t("{0}のグループから退出します。"), &[("0", &place.groups)]);
    if place.hosted > 0 {
        text.push_str(&fill(
            t("うち{0}のグループのホストは、{1}さんに引き継ぎます。"),
            &[("0", &place.hosted), ("1", &place.followers.join(t("さん、")))],
        ));
    }
    text
}

pub fn withdrawal_page(view: &WithdrawalView, ctx: &Ctx) -> Markup {
    let title = t("施設を離れる・退会");
    let ends = [
        Step {
            icon: "out",
            what: t("その施設の人としては、すぐに入れなくなります"),
            more: t("開いている画面も閉じます"),
        },
        Step {
            icon: "group",
            what: t("その施設の人として入っているグループから退出します"),
            more: t("まだ終わっていない招待も取り消します"),
        },
        Step {
            icon: "warn",
            what: t("元に戻すことはできません"),
            more: t("戻るときは、施設の管理者にもう一度招待してもらいます"),
        },
    ];
    let stays = [
        Step {
            icon: "file",
            what: t("書いた記録は残ります"),
            more: t("名前・職種・施設は、書いたときのまま変わりません"),
        },
        Step {
            icon: "mail",
            what: t("すべての施設を離れると、連絡先を消します"),
            more: t("メールアドレスは、すぐにほかのアカウントで使えます"),
        },
    ];
    let helps: Vec<String> = view.places.iter().map(place_help).collect();
    let ids: Vec<String> = view.places.iter().map(|p| p.id.to_string()).collect();
    let mut places: Vec<Choice<'_>> = view
        .places
        .iter()
        .zip(&helps)
        .zip(&ids)
        .map(|((p, help), id)| Choice { value: id, label: &p.name, help: Some(help) })
        .collect();
    if places.len() > 1 {
        places.push(Choice {
            value: "all",
            label: t("すべての施設（退会）"),
            help: Some(t("連携を使うのをやめます。")),
        });
    }
    let free = view.places.iter().any(|p| !p.last_admin);
    let body = html! {
        (view.errors.summary())
        (consequences(t("すぐに終わること"), &ends))
        (consequences(t("残ること、消えること"), &stays))
        @if free {
            form.stack method="post" action=(urls::my_withdrawal()) {
                (hidden("client_id", &view.client_id.to_string()))
                (Entry::radio("place", t("離れる施設"), &places).value(&view.chosen).errors(&view.errors).need())
                (Entry::password("password", t("いまのパスワード")).errors(&view.errors).need().autocomplete("current-password").help(t("ご本人であることの確認です。")))
                (check("sure", t("元に戻せないことが分かりました"), "", false, &view.errors))
                div.row {
                    a.btn.large href=(urls::menu()) { (t("やめる")) }
                    button.btn.large.danger type="submit" { (icon("userx")) (t("離れる")) }
                }
            }
        } @else {
            (callout(Tone::Caution, t("先に、別の方を管理者にしてください"), html! {
                p { (t("この施設の管理者は、ほかにいません。スタッフの一覧で人を選び、「管理者にする」を押してください。")) }
            }))
            a.btn.large href=(urls::facility()) { (t("スタッフへ")) }
        }
    };
    let bar = Topbar { title, back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}
