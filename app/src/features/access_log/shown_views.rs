//! 記録を見られた患者さん: whose records a suspected account or device was shown.

use maud::{Markup, html};

use super::shown::Typed;
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, choices},
        page::{Page, page},
        ui::{Choice, Ctx, Tab, Topbar, empty, icon},
        urls,
    },
};

pub struct ShownRow {
    pub patient: String,
    pub opened: bool,
    /// In words.
    pub acts: String,
    pub events: i64,
    pub span: String,
}

pub struct ShownView {
    pub facility: String,
    pub typed: Typed,
    pub accounts: Vec<(String, String)>,
    pub devices: Vec<(String, String)>,
    pub errors: Errors,
    /// `None`: nothing was asked yet.
    pub rows: Option<Vec<ShownRow>>,
}

crate::opaque_debug!(ShownRow, ShownView);

pub fn shown_page(view: &ShownView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { (t("パスワードや端末が他人の手に渡ったかもしれないとき、その人や端末に、どの患者さんの記録が見えたかを、アクセス記録から調べます。疑わしいときは、多いほうに数えます。")) }
        (question(view))
        @if let Some(rows) = &view.rows {
            section {
                div.spread {
                    h2 { (fill(t("見られた患者さん {0}人"), &[("0", &rows.len())])) }
                    @if !rows.is_empty() {
                        a.btn href={ (urls::access_log_shown_csv()) (view.typed.query()) } { (icon("download")) (t("CSVで保存")) }
                    }
                }
                @if rows.is_empty() {
                    (empty("ok", t("見られた記録はありません"), t("期間や、人・端末を変えて、もう一度確かめてください。"), None))
                } @else {
                    ol.log.panel.flush { @for row in rows {
                        li {
                            span.when { (row.span) }
                            div.what {
                                b { (row.patient) } " "
                                @if row.opened { span.badge.danger { (t("記録を開いた")) } } @else { span.badge.plain { (t("一覧に名前")) } }
                            }
                            div.who { p { (row.acts) } small { (row.events) (t("件")) } }
                        }
                    } }
                }
            }
        }
    };
    let bar = Topbar {
        back: Some((urls::access_log(), t("アクセス記録に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("記録を見られた患者さん"), tab: Tab::Menu, bar, body })
}

fn question(view: &ShownView) -> Markup {
    let nobody = Choice { value: "", label: t("指定しない"), help: None };
    let accounts = [vec![nobody], choices(&view.accounts)].concat();
    let devices = [vec![nobody], choices(&view.devices)].concat();
    let (typed, errors) = (&view.typed, &view.errors);
    html! {
        form.panel.filter action=(urls::access_log_shown()) {
            (Entry::select("account", t("人"), &accounts).value(&typed.account).errors(errors))
            (Entry::select("device", t("端末"), &devices).value(&typed.device).errors(errors))
            (Entry::date("from", t("この日から")).value(&typed.from).errors(errors))
            (Entry::date("to", t("この日まで")).value(&typed.to).errors(errors))
            (Entry::line("session", t("サインインのID（分かるとき）")).value(&typed.session).errors(errors).autocomplete("off"))
            div.row { button.btn.primary type="submit" { (icon("search")) (t("調べる")) } }
        }
    }
}
