//! A paper: headings, paragraphs, lists and tables. Read from Markdown, written as Markdown or PDF, kept as JSON.
//!
//! Small on purpose: no inline marks, no pictures but one kind of figure, no links. What a paper says must read the same
//! on the screen, in a text file, on paper, and ten years later from its JSON.

mod layout;
mod markdown;
mod pdf;

use serde::{Deserialize, Serialize};

pub use markdown::read;
pub use pdf::{Fonts, Trouble};

/// One part of a paper, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// `level` is 2 to 4: 1 is the paper's own title. `id` is the anchor; empty: none.
    Heading {
        level: u8,
        text: String,
        id: String,
    },
    Text {
        text: String,
    },
    List {
        items: Vec<String>,
    },
    /// Every row has as many cells as the head.
    Table {
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// A paragraph that is set apart.
    Note {
        text: String,
    },
    /// A drawing (SVG) and its content in words, for where it cannot be drawn.
    Figure {
        svg: String,
        words: String,
    },
}

impl Block {
    pub fn heading(level: u8, text: impl Into<String>, id: impl Into<String>) -> Self {
        Self::Heading { level, text: text.into(), id: id.into() }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { text: text.into() }
    }

    pub fn list<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List { items: items.into_iter().map(Into::into).collect() }
    }

    pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self::Table { head: head.iter().map(|t| (*t).to_owned()).collect(), rows }
    }
}

/// A whole paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub title: String,
    /// Lines under the title: who, which version, as of when.
    pub lines: Vec<String>,
    pub blocks: Vec<Block>,
}

impl Paper {
    /// As Markdown (CommonMark with the usual tables).
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// As PDF, A4, with page numbers and an outline.
    ///
    /// # Errors
    /// [`Trouble`]: the fonts cannot be used, or the PDF cannot be put together.
    pub fn to_pdf(&self, fonts: &Fonts) -> Result<Vec<u8>, Trouble> {
        pdf::write(self, fonts)
    }

    /// Headings of this level: text and anchor.
    pub fn headings(&self, wanted: u8) -> impl Iterator<Item = (&str, &str)> {
        self.blocks.iter().filter_map(move |b| match b {
            Block::Heading { level, text, id } if *level == wanted => Some((text.as_str(), id.as_str())),
            _ => None,
        })
    }

    /// Headings under which nothing stands before the next one of the same or a higher rank.
    pub fn empty_headings(&self) -> Vec<&str> {
        let mut empty = Vec::new();
        for (n, block) in self.blocks.iter().enumerate() {
            let Block::Heading { level, text, .. } = block else { continue };
            let filled = self.blocks[n + 1..]
                .iter()
                .take_while(|b| !matches!(b, Block::Heading { level: l, .. } if l <= level))
                .any(has_content);
            if !filled {
                empty.push(text.as_str());
            }
        }
        empty
    }
}

fn has_content(block: &Block) -> bool {
    match block {
        Block::Heading { .. } => false,
        Block::Text { text } | Block::Note { text } => !text.trim().is_empty(),
        Block::List { items } => items.iter().any(|i| !i.trim().is_empty()),
        Block::Table { rows, .. } => !rows.is_empty(),
        Block::Figure { words, .. } => !words.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_without_content_is_found() {
        let blocks = vec![
            Block::heading(2, "filled", ""),
            Block::heading(3, "below", ""),
            Block::text("words"),
            Block::heading(2, "empty", ""),
            Block::heading(2, "blank", ""),
            Block::text("  "),
        ];
        let paper = Paper { title: "t".into(), lines: vec![], blocks };
        assert_eq!(paper.empty_headings(), ["empty", "blank"]);
    }
}
