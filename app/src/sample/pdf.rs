//! A one-page PDF 1.4 with Japanese text, written by hand.
//!
//! No font is embedded: the text uses the Adobe-Japan1 character collection (ISO 32000-1, 9.7.5.2) with the predefined
//! `UniJIS-UCS2-HW-H` encoding, and the reader brings the glyphs. Half-width characters (ASCII) are 500/1000 em wide,
//! everything else 1000/1000. The bytes depend on the calls alone.

use std::fmt::Write as _;

/// A page being drawn. Lengths are points (1/72 inch) from the lower left corner.
#[derive(Debug)]
pub(crate) struct Page {
    width: f32,
    height: f32,
    content: String,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { width, height, content: String::from("0.5 w 0.45 G\n") }
    }

    /// One line of text with its baseline at `y`.
    pub(crate) fn text(&mut self, x: f32, y: f32, size: f32, text: &str) {
        self.push(format_args!("BT /F1 {size:.1} Tf {x:.1} {y:.1} Td <{}> Tj ET\n", ucs2(text)));
    }

    /// A thin line.
    pub(crate) fn line(&mut self, x0: f32, y0: f32, x1: f32, y1: f32) {
        self.push(format_args!("{x0:.1} {y0:.1} m {x1:.1} {y1:.1} l S\n"));
    }

    /// A framed box, lightly shaded for a heading.
    pub(crate) fn cell(&mut self, x: f32, y: f32, width: f32, height: f32, shaded: bool) {
        let fill = if shaded { "0.91 0.95 0.94" } else { "1 1 1" };
        self.push(format_args!("q {fill} rg {x:.1} {y:.1} {width:.1} {height:.1} re B Q\n"));
    }

    /// The file's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { width, height, content } = self;
        file(&[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.0} {height:.0}] /Contents 4 0 R \
                 /Resources << /Font << /F1 5 0 R >> >> >>"
            ),
            format!("<< /Length {} >>\nstream\n{content}endstream", content.len()),
            "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UCS2-HW-H \
             /Encoding /UniJIS-UCS2-HW-H /DescendantFonts [6 0 R] >>"
                .to_owned(),
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /CIDSystemInfo \
             << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor 7 0 R /DW 1000 \
             /W [1 94 500 231 632 500] >>"
                .to_owned(),
            "<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] \
             /ItalicAngle 0 /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
                .to_owned(),
        ])
    }

    fn push(&mut self, operators: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.content.write_fmt(operators);
    }
}

/// Header, numbered objects, cross-reference table and trailer; the first object is the catalog.
fn file(objects: &[String]) -> Vec<u8> {
    let mut out = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", out.len());
        out += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (size, start) = (objects.len() + 1, out.len());
    out += &format!(
        "xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out.into_bytes()
}

/// The text as UCS-2 in hexadecimal; a character outside the basic plane becomes 〓.
fn ucs2(text: &str) -> String {
    let unit = |character: char| u16::try_from(u32::from(character)).unwrap_or(0x3013);
    text.chars().map(|character| format!("{:04X}", unit(character))).collect()
}

/// The width of a text in ems.
pub(crate) fn ems(text: &str) -> f32 {
    text.chars().map(em).sum()
}

fn em(character: char) -> f32 {
    if character.is_ascii() { 0.5 } else { 1.0 }
}

/// Breaks a text into lines of at most `width` ems. Japanese breaks anywhere, but no line begins with 、 or 。.
pub(crate) fn wrapped(text: &str, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0.0);
    for character in text.chars() {
        if used + em(character) > width && !matches!(character, '、' | '。' | ')') {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        line.push(character);
        used += em(character);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut page = Page::new(200.0, 100.0);
        page.text(10.0, 50.0, 12.0, "採血 PT-INR");
        page.cell(10.0, 10.0, 50.0, 20.0, true);
        page.finish()
    }

    #[test]
    fn every_cross_reference_points_at_its_object() {
        let text = String::from_utf8(sample()).expect("ASCII");
        let start: usize = text
            .rsplit("startxref\n")
            .next()
            .and_then(|tail| tail.lines().next()?.parse().ok())
            .expect("a number");
        let mut rows = text[start..].lines();
        assert_eq!((rows.next(), rows.next()), (Some("xref"), Some("0 8")));
        for (number, row) in rows.take(8).enumerate().skip(1) {
            let offset: usize = row[..10].parse().expect("ten digits");
            assert!(text[offset..].starts_with(&format!("{number} 0 obj\n")), "object {number} at {offset}");
        }
    }

    #[test]
    fn the_stream_is_as_long_as_it_says_and_the_bytes_repeat() {
        let text = String::from_utf8(sample()).expect("ASCII");
        let stream =
            text.split("stream\n").nth(1).and_then(|tail| tail.strip_suffix("end")).expect("a stream");
        assert!(text.contains(&format!("<< /Length {} >>", stream.len())));
        assert!(stream.contains("<63A1884000200050"), "採血 P in UCS-2");
        assert_eq!(sample(), sample());
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "ワーファリンは2日分を休薬。次の採血で再検します。";
        let lines = wrapped(text, 8.0);
        assert_eq!(lines.concat(), text);
        assert!(lines.len() > 2 && lines.iter().all(|line| ems(line) <= 9.0 && !line.starts_with('。')));
    }
}
