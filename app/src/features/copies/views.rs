//! What the person sees of it: on the page of the own devices, and when there is no line. Both need the script: nothing of this can be
//! done by the server.

use maud::{Markup, html};

use super::acts::Here;
use crate::web::ui::icon;
use crate::words::{fill, t};

/// Shortest code, which the script reads from the field.
const CODE: usize = 8;

/// Where the facility allows copies, or this device still keeps some.
pub fn panel(here: Here) -> Markup {
    if here.hours == 0 && !here.kept {
        return html! {};
    }
    let hours = fill(
        t(
            "開いた患者さんのページ（連絡、フェイスシート、訪問の前に）が、この端末に暗号になって残り、{0}時間で消えます。写真とファイルは残りません。サインアウトしても消えます。",
        ),
        &[("0", &here.hours)],
    );
    html! {
        section.panel.stack data-copies-settings hidden {
            h2 { (icon("file")) (t("電波の届かないところで読む（控え）")) }
            @if here.hours == 0 {
                p { (t("いまの施設の決まりでは、控えを残せません。残っている控えは、次に消えます。")) }
            } @else {
                p { (hours) }
            }
            p.error role="alert" data-copies-error hidden {}
            @if here.kept {
                p { b { (t("この端末は、控えを残しています。")) } }
                button.btn type="button" data-copies-end { (t("控えをやめて、消す")) }
            } @else {
                p { (t("控えを開くときに使う合言葉を決めてください。サーバーには送られません。忘れたら、つながるところで、もう一度決められます。")) }
                (code("copies-code", t("控えの合言葉（8文字以上。数字だけにはしない）")))
                (code("copies-again", t("もう一度")))
                button.btn.primary type="button" data-copies-begin { (t("この端末に控えを残す")) }
            }
        }
    }
}

/// Has no name: a form around it would not send it.
fn code(id: &str, label: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            input.input id=(id) type="password" minlength=(CODE) maxlength="64" autocomplete="off";
        }
    }
}
