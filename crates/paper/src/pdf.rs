//! A paper on A4 pages.

use std::path::Path;

use krilla::{
    Document,
    color::rgb,
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::Metadata,
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, Stroke},
    text::{Font, GlyphId, KrillaGlyph},
};
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

use crate::{Block, Paper, layout};

/// Width and height of A4, and the margin, in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 54.0;
const BODY: f32 = 9.5;
const INK: (u8, u8, u8) = (28, 31, 33);
const SOFT: (u8, u8, u8) = (95, 102, 107);
const LINE: (u8, u8, u8) = (190, 196, 200);

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the font {0} cannot be used")]
    Font(String),
    #[error("the PDF cannot be put together: {0}")]
    Pdf(String),
}

/// Two faces that know Japanese. Only the characters that are used are embedded.
#[derive(Debug, Clone)]
pub struct Fonts {
    text: Vec<u8>,
    strong: Vec<u8>,
}

impl Fonts {
    /// Reads two font files (TTF, OTF, or TTC, of which the first face is taken).
    ///
    /// # Errors
    /// [`Trouble::Font`] where a file cannot be read.
    pub fn open(text: &Path, strong: &Path) -> Result<Self, Trouble> {
        let read = |p: &Path| std::fs::read(p).map_err(|_| Trouble::Font(p.display().to_string()));
        Ok(Self { text: read(text)?, strong: read(strong)? })
    }

    /// The fonts of the system package `fonts-noto-cjk`.
    ///
    /// # Errors
    /// [`Trouble::Font`] where the package is not installed.
    pub fn of_system() -> Result<Self, Trouble> {
        let folder = Path::new("/usr/share/fonts/opentype/noto");
        Self::open(&folder.join("NotoSansCJK-Regular.ttc"), &folder.join("NotoSansCJK-Bold.ttc"))
    }
}

/// A face, ready to be measured and drawn.
struct Face<'a> {
    measured: FontRef<'a>,
    drawn: Font,
}

impl<'a> Face<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Trouble> {
        let trouble = || Trouble::Font("given".into());
        let measured = FontRef::from_index(bytes, 0).map_err(|_| trouble())?;
        let drawn = Font::new(bytes.to_vec().into(), 0).ok_or_else(trouble)?;
        Ok(Self { measured, drawn })
    }

    /// Glyph and advance of a character, in parts of the size. What the face lacks is drawn as its box.
    fn glyph(&self, c: char) -> (u32, f32) {
        let glyph = self.measured.charmap().map(c).unwrap_or_default();
        let metrics = self.measured.glyph_metrics(Size::new(1.0), LocationRef::default());
        (glyph.to_u32(), metrics.advance_width(glyph).unwrap_or(1.0))
    }
}

/// One thing on a page, measured from the page's top.
enum Mark {
    Words { x: f32, y: f32, size: f32, strong: bool, soft: bool, text: String },
    Rule { x: f32, y: f32, width: f32 },
}

struct Writer<'a> {
    text: Face<'a>,
    strong: Face<'a>,
    pages: Vec<Vec<Mark>>,
    y: f32,
    /// Heading, level, page and height: for the outline.
    heads: Vec<(String, u8, usize, f32)>,
}

pub(crate) fn write(paper: &Paper, fonts: &Fonts) -> Result<Vec<u8>, Trouble> {
    let mut writer = Writer {
        text: Face::of(&fonts.text)?,
        strong: Face::of(&fonts.strong)?,
        pages: vec![Vec::new()],
        y: MARGIN,
        heads: Vec::new(),
    };
    writer.words(&paper.title, 18.0, true, 0.0);
    for line in &paper.lines {
        writer.soft(line);
    }
    writer.y += 10.0;
    for block in &paper.blocks {
        writer.block(block);
    }
    writer.finish(paper)
}

impl Writer<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { level, text, .. } => self.heading(*level, text),
            Block::Text { text } => self.words(text, BODY, false, 0.0),
            Block::Note { text } | Block::Figure { words: text, .. } => {
                self.rule();
                self.words(text, BODY, false, 8.0);
                self.rule();
            }
            Block::List { items } => {
                for item in items {
                    self.words(&format!("・{item}"), BODY, false, 4.0);
                    self.y -= 3.0;
                }
                self.y += 3.0;
            }
            Block::Table { head, rows } => self.table(head, rows),
        }
    }

    fn heading(&mut self, level: u8, text: &str) {
        let size = match level {
            2 => 14.0,
            3 => 11.5,
            _ => 10.0,
        };
        self.y += size * 0.6;
        // Never alone at the foot of a page.
        self.room(size * 1.5 + 40.0);
        self.heads.push((text.to_owned(), level, self.pages.len() - 1, self.y));
        self.words(text, size, true, 0.0);
    }

    fn soft(&mut self, text: &str) {
        let lines = self.broken(text, 8.5, false, PAGE.0 - 2.0 * MARGIN);
        for line in lines {
            self.put(&line, MARGIN, 8.5, false, true);
        }
    }

    /// A paragraph, with a gap after it.
    fn words(&mut self, text: &str, size: f32, strong: bool, indent: f32) {
        let lines = self.broken(text, size, strong, PAGE.0 - 2.0 * MARGIN - indent);
        for line in lines {
            self.put(&line, MARGIN + indent, size, strong, false);
        }
        self.y += size * 0.55;
    }

    fn broken(&self, text: &str, size: f32, strong: bool, width: f32) -> Vec<String> {
        let face = if strong { &self.strong } else { &self.text };
        layout::lines(text, width, |c| face.glyph(c).1 * size)
    }

    fn put(&mut self, line: &str, x: f32, size: f32, strong: bool, soft: bool) {
        let height = size * 1.55;
        self.room(height);
        let mark = Mark::Words { x, y: self.y + size, size, strong, soft, text: line.to_owned() };
        self.y += height;
        self.page().push(mark);
    }

    fn rule(&mut self) {
        self.room(6.0);
        let mark = Mark::Rule { x: MARGIN, y: self.y + 2.0, width: PAGE.0 - 2.0 * MARGIN };
        self.y += 6.0;
        self.page().push(mark);
    }

    fn page(&mut self) -> &mut Vec<Mark> {
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// A new page where the rest of this one is too short.
    fn room(&mut self, height: f32) {
        if self.y + height > PAGE.1 - MARGIN {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn table(&mut self, head: &[String], rows: &[Vec<String>]) {
        let widths = widths(head, rows);
        self.rule();
        self.row(head, &widths, true);
        self.rule();
        for row in rows {
            self.row(row, &widths, false);
            self.rule();
        }
        self.y += 5.0;
    }

    fn row(&mut self, cells: &[String], widths: &[f32], strong: bool) {
        let size = 8.5;
        let broken: Vec<Vec<String>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| self.broken(cell, size, strong, width - 6.0))
            .collect();
        // Line by line, so that a tall row may go on over the page.
        for n in 0..broken.iter().map(Vec::len).max().unwrap_or(0) {
            self.room(size * 1.5);
            let (y, mut x) = (self.y + size, MARGIN);
            for (lines, width) in broken.iter().zip(widths) {
                if let Some(text) = lines.get(n) {
                    let mark = Mark::Words { x, y, size, strong, soft: false, text: text.clone() };
                    self.page().push(mark);
                }
                x += width;
            }
            self.y += size * 1.5;
        }
    }

    fn finish(self, paper: &Paper) -> Result<Vec<u8>, Trouble> {
        let settings =
            PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| Trouble::Pdf("page size".into()))?;
        let mut document = Document::new();
        document.set_metadata(Metadata::new().title(paper.title.clone()).language("ja-JP".into()));
        let count = self.pages.len();
        for (n, marks) in self.pages.iter().enumerate() {
            let mut page = document.start_page_with(settings.clone());
            let mut surface = page.surface();
            for mark in marks {
                self.draw(&mut surface, mark);
            }
            let foot = format!("{} / {count}", n + 1);
            let at = (PAGE.0 / 2.0 - 12.0, PAGE.1 - MARGIN / 2.0);
            let foot = Mark::Words { x: at.0, y: at.1, size: 8.0, strong: false, soft: true, text: foot };
            self.draw(&mut surface, &foot);
            surface.finish();
            page.finish();
        }
        document.set_outline(self.outline());
        document.finish().map_err(|e| Trouble::Pdf(format!("{e:?}")))
    }

    fn draw(&self, surface: &mut krilla::surface::Surface<'_>, mark: &Mark) {
        match mark {
            Mark::Words { x, y, size, strong, soft, text } => {
                let face = if *strong { &self.strong } else { &self.text };
                surface.set_fill(Some(fill(if *soft { SOFT } else { INK })));
                surface.set_stroke(None);
                let glyphs: Vec<KrillaGlyph> = text
                    .char_indices()
                    .map(|(at, c)| {
                        let (glyph, advance) = face.glyph(c);
                        let range = at..at + c.len_utf8();
                        KrillaGlyph::new(GlyphId::new(glyph), advance, 0.0, 0.0, 0.0, range, None)
                    })
                    .collect();
                surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, face.drawn.clone(), text, *size, false);
            }
            Mark::Rule { x, y, width } => {
                let mut path = PathBuilder::new();
                if let Some(rect) = Rect::from_xywh(*x, *y, *width, 0.4) {
                    path.push_rect(rect);
                }
                surface.set_fill(Some(fill(LINE)));
                surface.set_stroke(None::<Stroke>);
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }

    /// Chapters with their sections.
    fn outline(&self) -> Outline {
        let mut outline = Outline::new();
        let mut chapter: Option<OutlineNode> = None;
        for (text, level, page, y) in &self.heads {
            let node = OutlineNode::new(text.clone(), XyzDestination::new(*page, Point::from_xy(0.0, *y)));
            match (level, &mut chapter) {
                (2, _) | (_, None) => {
                    if let Some(done) = chapter.replace(node) {
                        outline.push_child(done);
                    }
                }
                (3, Some(chapter)) => chapter.push_child(node),
                _ => {}
            }
        }
        if let Some(done) = chapter {
            outline.push_child(done);
        }
        outline
    }
}

fn fill((r, g, b): (u8, u8, u8)) -> Fill {
    Fill { paint: rgb::Color::new(r, g, b).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

/// Columns by how much stands in them, none narrower than its share of a narrow column.
fn widths(head: &[String], rows: &[Vec<String>]) -> Vec<f32> {
    let whole = PAGE.0 - 2.0 * MARGIN;
    let weight = |n: usize| {
        let longest =
            rows.iter().chain([&head.to_vec()]).filter_map(|r| r.get(n)).map(|c| c.chars().count()).max();
        f32::from(u16::try_from(longest.unwrap_or(1).clamp(4, 40)).unwrap_or(40)).sqrt()
    };
    let weights: Vec<f32> = (0..head.len()).map(weight).collect();
    let sum: f32 = weights.iter().sum::<f32>().max(1.0);
    weights.iter().map(|w| whole * w / sum).collect()
}
