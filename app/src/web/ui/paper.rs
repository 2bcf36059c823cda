//! A paper on the screen: the same blocks that Markdown, PDF and JSON are written from.

use maud::{Markup, PreEscaped, html};
use paper::Block;

use crate::words::t;

/// The blocks, from top to bottom. Text is escaped; a figure's drawing comes from our own code alone.
pub fn paper_blocks(blocks: &[Block]) -> Markup {
    html! { @for block in blocks { (one(block)) } }
}

fn one(block: &Block) -> Markup {
    match block {
        Block::Heading { level, text, id } => {
            let id = Some(id).filter(|id| !id.is_empty());
            match level {
                2 => html! { h2 id=[id] { (text) } },
                3 => html! { h3 id=[id] { (text) } },
                _ => html! { h4 id=[id] { (text) } },
            }
        }
        Block::Text { text } => html! { p.lines { (text) } },
        Block::List { items } => html! { ul.points { @for item in items { li { (item) } } } },
        Block::Note { text } => html! { p.aside.lines { (text) } },
        Block::Table { head, rows } => table(head, rows),
        Block::Figure { svg, words } => html! {
            figure.drawing role="group" tabindex="0" aria-label=(words) { (PreEscaped(svg)) }
        },
    }
}

/// On a narrow screen each row becomes a card, every cell with its heading.
fn table(head: &[String], rows: &[Vec<String>]) -> Markup {
    html! {
        table.sheet-table {
            thead { tr { @for cell in head { th scope="col" { (cell) } } } }
            tbody {
                @for row in rows {
                    tr { @for (n, cell) in row.iter().enumerate() { td data-head=[head.get(n)] { (answer(cell)) } } }
                }
            }
        }
    }
}

/// はい, いいえ and 対象外 stand out; so does what nobody has measured.
fn answer(cell: &str) -> Markup {
    match cell {
        "はい" => html! { b.yes { (t("はい")) } },
        "いいえ" => html! { b.no { (t("いいえ")) } },
        "対象外" => html! { b.na { (t("対象外")) } },
        other => html! { span.lines { (other) } },
    }
}
