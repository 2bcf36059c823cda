//! Many measurements at once: the list, what is wrong with which line, and the question before anything is recorded.

use std::collections::HashSet;

use maud::{Markup, html};
use uuid::Uuid;

use super::{csv_list::Line, csv_standing::readable, model::NewObservation};
use crate::words::{fill, t};
use crate::{
    features::patients::room::Room,
    opaque_debug,
    web::{
        forms::{Errors, check, hidden},
        page::how_to,
        ui::{Ctx, Field, Kind, Tone, callout, field, icon},
        urls,
    },
};

pub struct AskView {
    pub room: Room,
    pub patient: Uuid,
    pub typed: String,
    pub errors: Errors,
}

pub struct CheckView {
    pub room: Room,
    pub patient: Uuid,
    pub client_id: Uuid,
    /// The list as text, which the next step reads again.
    pub list: String,
    pub lines: Vec<Line>,
    /// The client ids of what stands already.
    pub standing: HashSet<Uuid>,
    /// The person wants that recorded too.
    pub again: bool,
    /// The person wanted all or nothing, and there are wrong lines.
    pub refused: bool,
}

opaque_debug!(AskView, CheckView);

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let columns = t(
        "見出し: 日付,時刻,体温,最高血圧,最低血圧,脈拍,SpO2,呼吸数,体重,血糖,機器,メモ（ない列は省けます）",
    );
    let back = urls::vitals(view.patient);
    let body = html! {
        (view.errors.summary())
        p { (t("表計算ソフトや血圧計の一覧から、500行まで取り込めます。")) b { (t("次の画面で1行ずつ確かめるまで、何も記録しません。")) } }
        form.stack method="post" enctype="multipart/form-data" action=(urls::vitals_csv(view.patient)) {
            (field(&Field { name: "file", label: t("CSVファイル"), kind: Kind::File { accept: ".csv,.txt,text/csv,text/plain", multiple: false }, help: Some(t("ExcelのCSV（Shift_JIS）も、UTF-8も読めます。")), error: view.errors.of("file"), ..Field::default() }))
            (field(&Field { name: "list", label: t("または、表を貼り付ける"), kind: Kind::Textarea { rows: 6 }, value: &view.typed, help: Some(columns), error: view.errors.of("list"), ..Field::default() }))
            div.row {
                button.btn.primary.large type="submit" { (t("内容を確かめる")) }
                a.btn.large href=(urls::vitals_csv_sample(view.patient)) { (icon("download")) (t("見本のCSV")) }
            }
        }
        (how_to("vitals-ranges"))
    };
    view.room.page(
        ctx,
        t("CSVから取り込む"),
        view.room.deeper(t("CSVから取り込む"), (&back, t("バイタルに戻る"))),
        body,
        None,
    )
}

pub fn check_page(view: &CheckView, ctx: &Ctx) -> Markup {
    let good = view.lines.iter().filter(|l| l.read.is_ok()).count();
    let (values, standing) = (readable(&view.lines).count(), view.standing.len());
    let bad = view.lines.len() - good;
    let found = fill(
        t("{0}行のうち、取り込めるのは{good}行（{values}件の値）です"),
        &[("0", &view.lines.len()), ("good", &good), ("values", &values)],
    );
    let back = urls::vitals_csv(view.patient);
    let body = html! {
        @if view.refused && bad == 0 {
            (callout(Tone::Danger, t("まだ何も記録していません"), html! { p { (t("どの値も、もう記録されています。")) } }))
        } @else if view.refused {
            (callout(Tone::Danger, t("まだ何も記録していません"), html! { p { (t("直すところのある行があります。一覧を直して読み直すか、「取り込める行だけ」を選んでください。")) } }))
        } @else if bad > 0 {
            (callout(Tone::Caution, &found, html! { p { (bad) (t("行に、直すところがあります。まだ何も記録していません。")) } }))
        } @else {
            (callout(Tone::Info, &found, html! { p { (t("まだ何も記録していません。下のボタンを押すと記録します。")) } }))
        }
        @if standing > 0 {
            (callout(Tone::Caution, &fill(t("{standing}件は、もう記録されています"), &[("standing", &standing)]), html! { p { (t("同じ日時に、同じ値があります。下で選ばないかぎり、もう一度は記録しません。")) } }))
        }
        section { h2 { (t("1行ずつの結果")) } (table(&view.lines, &view.standing)) }
        form.stack method="post" action=(urls::vitals_csv_confirmation(view.patient)) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("list", &view.list))
            @if bad > 0 {
                fieldset.field {
                    legend { (t("取り込み方")) }
                    label.check { input type="radio" name="take" value="all_or_nothing" checked; span { (t("直すところがあるうちは、1行も取り込まない")) } }
                    label.check { input type="radio" name="take" value="good_lines"; span { (t("取り込める")) (good) (t("行だけ取り込む")) } }
                }
            } @else { (hidden("take", "all_or_nothing")) }
            @if standing > 0 { (check("again", t("もう記録されている値も、もう一度記録する"), t("同じ値が2つ並びます。"), view.again, &Errors::none())) }
            div.row {
                @if good > 0 { button.btn.primary.large type="submit" { (t("取り込む")) } }
                a.btn.large href=(back) { (t("一覧を直して読み直す")) }
            }
        }
    };
    view.room.page(
        ctx,
        t("取り込みの確認"),
        view.room.deeper(t("取り込みの確認"), (&back, t("一覧を選び直す"))),
        body,
        None,
    )
}

fn table(lines: &[Line], standing: &HashSet<Uuid>) -> Markup {
    let stands = |one: &NewObservation| standing.contains(&one.client_id);
    html! {
        div.table-scroll.tall tabindex="0" role="region" aria-label=(t("1行ずつの結果")) {
            table.figures {
                thead { tr { th scope="col" { (t("行")) } th scope="col" { (t("日時")) } th scope="col" { (t("結果")) } } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (line.number) (t("行目")) }
                            td { (line.when) }
                            td {
                                @match &line.read {
                                    Ok(all) => { (icon("ok")) " " @for (n, one) in all.iter().enumerate() { @if n > 0 { (t("、")) } (one.sign.name()) " " (one.sign.written(&one.values)) @if stands(one) { " " span.badge.plain { (t("記録ずみ")) } } } },
                                    Err(wrong) => { span.beyond { (icon("alert")) (t("直すところ")) } @for why in wrong { p { (why) } } },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
