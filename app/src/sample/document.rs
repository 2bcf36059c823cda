//! The paper forms that the sample's posts carry: a heading and one table on one page.

use serde::Deserialize;

use super::calendar::Calendar;
use super::pdf;

/// A printed form, e.g. a lab report or a care plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) title: String,
    /// Who issues the form.
    pub(crate) issuer: String,
    /// The form's own date; may hold dates for [`Calendar::dated`], like every other text here.
    pub(crate) dated: String,
    pub(crate) columns: Vec<String>,
    /// Each as long as `columns`.
    pub(crate) rows: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) note: String,
}

/// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 50.0;
const CELL_SIZE: f32 = 10.0;
const LINE: f32 = 15.0;
const PADDING: f32 = 5.0;

impl Document {
    /// The form for this patient as a one-page PDF; the same input gives the same bytes.
    pub(crate) fn pdf(&self, patient: &str, calendar: &Calendar) -> Vec<u8> {
        let mut page = pdf::Page::new(WIDTH, HEIGHT);
        page.text(MARGIN, HEIGHT - 70.0, 18.0, &self.title);
        page.line(MARGIN, HEIGHT - 80.0, WIDTH - MARGIN, HEIGHT - 80.0);
        page.text(MARGIN, HEIGHT - 104.0, 12.0, &format!("{patient} 様"));
        page.text(MARGIN, HEIGHT - 122.0, CELL_SIZE, &calendar.dated(&self.dated));
        page.text(MARGIN, HEIGHT - 138.0, CELL_SIZE, &self.issuer);
        let mut y = HEIGHT - 160.0;
        let widths = self.widths();
        y = row(&mut page, y, &widths, &self.columns, true);
        for cells in &self.rows {
            let cells: Vec<_> = cells.iter().map(|cell| calendar.dated(cell)).collect();
            y = row(&mut page, y, &widths, &cells, false);
        }
        for line in pdf::wrapped(&calendar.dated(&self.note), (WIDTH - 2.0 * MARGIN) / CELL_SIZE) {
            y -= LINE;
            page.text(MARGIN, y - PADDING, CELL_SIZE, &line);
        }
        page.text(MARGIN, 40.0, 8.0, "見本: この文書の人・施設・値はすべて架空のものです。");
        page.finish()
    }

    /// Shares the page's width out by the longest text of each column, so that short columns stay narrow.
    fn widths(&self) -> Vec<f32> {
        let longest = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .chain(self.columns.get(column))
                .map(|cell| pdf::ems(cell).clamp(4.0, 22.0))
                .fold(0.0, f32::max)
        };
        let needs: Vec<f32> = (0..self.columns.len()).map(longest).collect();
        let total: f32 = needs.iter().sum();
        needs.iter().map(|need| need / total * (WIDTH - 2.0 * MARGIN)).collect()
    }
}

/// Draws one row with its top at `y` and answers where the next begins.
fn row(page: &mut pdf::Page, y: f32, widths: &[f32], cells: &[String], heading: bool) -> f32 {
    let wrap = |(cell, width): (&String, &f32)| pdf::wrapped(cell, (width - 2.0 * PADDING) / CELL_SIZE);
    let wrapped: Vec<_> = cells.iter().zip(widths).map(wrap).collect();
    let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let height = lines as f32 * LINE + 2.0 * PADDING - 3.0;
    let mut x = MARGIN;
    for (lines, width) in wrapped.iter().zip(widths) {
        page.cell(x, y - height, *width, height, heading);
        for (index, line) in lines.iter().enumerate() {
            page.text(x + PADDING, y - PADDING - CELL_SIZE - index as f32 * LINE, CELL_SIZE, line);
        }
        x += width;
    }
    y - height
}
