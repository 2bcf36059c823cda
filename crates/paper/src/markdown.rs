//! Markdown in and out.

use std::fmt::Write as _;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::{Block, Paper};

/// Reads Markdown. Marks inside a line are dropped and their words kept; HTML is kept as the text that it is; a picture
/// becomes its words. Heading levels are kept between 2 and 4.
pub fn read(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        reader.take(event);
    }
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// The words of the element that is being read.
    words: String,
    items: Vec<String>,
    /// Lists inside lists are flattened.
    depth: usize,
    quoted: usize,
    row: Vec<String>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.words.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => self.words.push('\n'),
            Event::Start(Tag::List(_)) => {
                self.depth += 1;
                self.end_item();
            }
            Event::Start(Tag::BlockQuote(_)) => self.quoted += 1,
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Heading(level) => {
                let text = self.taken();
                self.blocks.push(Block::Heading { level: rank(level), text, id: String::new() });
            }
            TagEnd::Paragraph if self.depth > 0 => self.words.push('\n'),
            TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                let text = self.taken();
                if !text.is_empty() {
                    self.blocks.push(if self.quoted > 0 {
                        Block::Note { text }
                    } else {
                        Block::Text { text }
                    });
                }
            }
            TagEnd::BlockQuote(_) => self.quoted = self.quoted.saturating_sub(1),
            TagEnd::Item => self.end_item(),
            TagEnd::List(_) => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    let items = std::mem::take(&mut self.items);
                    self.blocks.push(Block::List { items });
                }
            }
            TagEnd::TableCell => {
                let cell = self.taken();
                self.row.push(cell);
            }
            TagEnd::TableHead => self.head = std::mem::take(&mut self.row),
            TagEnd::TableRow => self.rows.push(std::mem::take(&mut self.row)),
            TagEnd::Table => {
                let (head, rows) = (std::mem::take(&mut self.head), std::mem::take(&mut self.rows));
                self.blocks.push(Block::Table { head, rows });
            }
            _ => {}
        }
    }

    fn taken(&mut self) -> String {
        std::mem::take(&mut self.words).trim().to_owned()
    }

    fn end_item(&mut self) {
        let item = self.taken();
        if !item.is_empty() {
            self.items.push(item);
        }
    }
}

fn rank(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        _ => 4,
    }
}

pub(crate) fn write(paper: &Paper) -> String {
    let mut out = format!("# {}\n\n", paper.title);
    for line in &paper.lines {
        let _ = writeln!(out, "{}  ", plain(line));
    }
    out.push('\n');
    for block in &paper.blocks {
        write_block(&mut out, block);
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading { level, text, .. } => {
            let _ = writeln!(out, "{} {text}\n", "#".repeat(usize::from(*level)));
        }
        Block::Text { text } => {
            let _ = writeln!(out, "{}\n", plain(text));
        }
        Block::Note { text } | Block::Figure { words: text, .. } => {
            for line in text.lines() {
                let _ = writeln!(out, "> {}", plain(line));
            }
            out.push('\n');
        }
        Block::List { items } => {
            for item in items {
                let _ = writeln!(out, "- {}", plain(item).replace('\n', "\n  "));
            }
            out.push('\n');
        }
        Block::Table { head, rows } => {
            write_row(out, head);
            let _ = writeln!(out, "|{}", " --- |".repeat(head.len()));
            for row in rows {
                write_row(out, row);
            }
            out.push('\n');
        }
    }
}

fn write_row(out: &mut String, cells: &[String]) {
    out.push('|');
    for cell in cells {
        let _ = write!(out, " {} |", plain(cell).replace('|', "\\|").replace('\n', " "));
    }
    out.push('\n');
}

/// Text that stays text when it is read again.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let blocks = vec![
            Block::heading(2, "はじめに", ""),
            Block::text("一つめの<b>段落</b>。*強め*ない_線_。\n次の行。"),
            Block::list(["一つ", "二つ [x]"]),
            Block::note("下書きです。"),
            Block::table(&["項目", "答え"], vec![vec!["a|b".into(), "はい".into()]]),
        ];
        let paper = Paper { title: "題".into(), lines: vec!["版 1".into()], blocks: blocks.clone() };
        let text = paper.to_markdown();
        let read = read(&text);
        assert_eq!(&read[0], &Block::heading(2, "題", ""));
        assert_eq!(&read[2..], &blocks[..], "{text}");
    }

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        let read =
            read("# 題\n\n<script>alert(1)</script>\n\n![絵](http://x.example/a.png)\n\n- 項\n  - 下の項\n");
        assert_eq!(read[0], Block::heading(2, "題", ""));
        assert_eq!(read[1], Block::text("<script>alert(1)</script>"));
        assert_eq!(read[2], Block::text("絵"));
        assert_eq!(read[3], Block::list(["項", "下の項"]));
    }
}
