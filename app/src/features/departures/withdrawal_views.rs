//! Before one leaves by oneself: what ends and what stays, in words.

use maud::{Markup, html};
use uuid::Uuid;

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
        return "管理者がほかにいないため、いまは離れられません。先に別の方を管理者にしてください。"
            .to_owned();
    }
    let mut text = format!("{}のグループから退出します。", place.groups);
    if place.hosted > 0 {
        text.push_str(&format!(
            "うち{}のグループのホストは、{}さんに引き継ぎます。",
            place.hosted,
            place.followers.join("さん、")
        ));
    }
    text
}

pub fn withdrawal_page(view: &WithdrawalView, ctx: &Ctx) -> Markup {
    let title = "施設を離れる・退会";
    let ends = [
        Step {
            icon: "out",
            what: "その施設の人としては、すぐに入れなくなります",
            more: "開いている画面も閉じます",
        },
        Step {
            icon: "group",
            what: "その施設の人として入っているグループから退出します",
            more: "まだ終わっていない招待も取り消します",
        },
        Step {
            icon: "warn",
            what: "元に戻すことはできません",
            more: "戻るときは、施設の管理者にもう一度招待してもらいます",
        },
    ];
    let stays = [
        Step {
            icon: "file",
            what: "書いた記録は残ります",
            more: "名前・職種・施設は、書いたときのまま変わりません",
        },
        Step {
            icon: "mail",
            what: "すべての施設を離れると、連絡先を消します",
            more: "メールアドレスは、すぐにほかのアカウントで使えます",
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
            label: "すべての施設（退会）",
            help: Some("連携を使うのをやめます。"),
        });
    }
    let free = view.places.iter().any(|p| !p.last_admin);
    let body = html! {
        (view.errors.summary())
        (consequences("すぐに終わること", &ends))
        (consequences("残ること、消えること", &stays))
        @if free {
            form.stack method="post" action=(urls::my_withdrawal()) {
                (hidden("client_id", &view.client_id.to_string()))
                (Entry::radio("place", "離れる施設", &places).value(&view.chosen).errors(&view.errors).need())
                (Entry::password("password", "いまのパスワード").errors(&view.errors).need().autocomplete("current-password").help("ご本人であることの確認です。"))
                (check("sure", "元に戻せないことが分かりました", "", false, &view.errors))
                div.row {
                    a.btn.large href=(urls::menu()) { "やめる" }
                    button.btn.large.danger type="submit" { (icon("userx")) "離れる" }
                }
            }
        } @else {
            (callout(Tone::Caution, "先に、別の方を管理者にしてください", html! {
                p { "この施設の管理者は、ほかにいません。スタッフの一覧で人を選び、「管理者にする」を押してください。" }
            }))
            a.btn.large href=(urls::facility()) { "スタッフへ" }
        }
    };
    let bar = Topbar { title, back: Some((urls::menu(), "メニューに戻る")), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}
