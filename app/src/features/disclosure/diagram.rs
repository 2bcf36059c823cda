//! The system diagram: the outline drawn as SVG. Styles are the page's; the words are in the table beside it.

use std::fmt::Write as _;

use maud::html;

use super::outline::{Outline, Part};

const WIDTH: i32 = 176;
const HEIGHT: i32 = 66;
const GAP_X: i32 = 56;
const GAP_Y: i32 = 36;
/// Room for the words above the first row.
const TOP: i32 = 28;

/// A part at its place on the drawing.
struct Drawn<'a> {
    part: &'a Part,
    x: i32,
    y: i32,
}

/// The drawing of what is present.
pub fn svg(outline: &Outline) -> String {
    let drawn = places(outline);
    let tallest = drawn.iter().map(|d| d.y + HEIGHT).max().unwrap_or(HEIGHT) + 12;
    let widest = drawn.iter().map(|d| d.x + WIDTH).max().unwrap_or(WIDTH) + 12;
    let view = format!("0 0 {widest} {tallest}");
    html! {
        svg.system viewBox=(view) aria-hidden="true" {
            defs { marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" { path d="M0 0L8 4L0 8Z" {} } }
            @for flow in &outline.flows {
                @if let (Some(from), Some(to)) = (find(&drawn, flow.from), find(&drawn, flow.to)) {
                    @let (path, _) = way(from, to);
                    path.flow d=(path) marker-end="url(#tip)" {}
                }
            }
            @for flow in &outline.flows {
                @if let (Some(from), Some(to)) = (find(&drawn, flow.from), find(&drawn, flow.to)) {
                    @let (_, at) = way(from, to);
                    text.what x=(at.0) y=(at.1) { (flow.what) }
                }
            }
            @for d in &drawn {
                rect.part x=(d.x) y=(d.y) width=(WIDTH) height=(HEIGHT) rx="8" {}
                text.name x=(d.x + WIDTH / 2) y=(d.y + 29) { (d.part.name) }
                text.kind x=(d.x + WIDTH / 2) y=(d.y + 49) { (d.part.kind) }
            }
        }
    }
    .0
}

fn places(outline: &Outline) -> Vec<Drawn<'_>> {
    let mut rows = [0; 4];
    let present = outline.parts.iter().filter(|p| p.present);
    present
        .map(|part| {
            let column = usize::from(part.column.min(3));
            let row = rows[column];
            rows[column] += 1;
            Drawn {
                part,
                x: 12 + i32::from(part.column.min(3)) * (WIDTH + GAP_X),
                y: TOP + row * (HEIGHT + GAP_Y),
            }
        })
        .collect()
}

fn find<'a>(drawn: &'a [Drawn<'a>], code: &str) -> Option<&'a Drawn<'a>> {
    drawn.iter().find(|d| d.part.code == code)
}

/// The line between two parts, and where its word stands.
fn way(from: &Drawn<'_>, to: &Drawn<'_>) -> (String, (i32, i32)) {
    let mut path = String::new();
    if from.x == to.x {
        let (x, y1, y2) = (from.x + WIDTH / 2, from.y + HEIGHT, to.y);
        let _ = write!(path, "M{x} {y1}L{x} {y2}");
        return (path, (x + 34, (y1 + y2) / 2 + 4));
    }
    let (x1, y1) = (from.x + WIDTH, from.y + HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + HEIGHT / 2);
    let mid = x2 - GAP_X / 2;
    let _ = write!(path, "M{x1} {y1}L{mid} {y1}L{mid} {y2}L{x2} {y2}");
    (path, (mid, y2 - HEIGHT / 2 - 10))
}

/// The same in words, for readers of the screen and for paper.
pub fn in_words(outline: &Outline) -> String {
    let name = |code: &str| outline.parts.iter().find(|p| p.code == code).map_or("", |p| p.name);
    let flows: Vec<String> =
        outline.flows.iter().map(|f| format!("{}から{}へ（{}）", name(f.from), name(f.to), f.what)).collect();
    format!("全体構成図。{}。", flows.join("、"))
}
