use std::{fmt, ops::Range};

use memchr::memmem::Finder;

use crate::fold::{is_nothing, pieces};

/// Part of an excerpt.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// As typed.
    pub text: String,
    /// Whether it is what was looked for.
    pub marked: bool,
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Piece(…)")
    }
}

/// Characters shown before a word, and behind it.
const BEFORE: usize = 16;
const BEHIND: usize = 44;
/// Places shown of one text.
const PLACES: usize = 3;

/// A text with where each of its pieces (nearly: characters) begins.
struct Laid<'a> {
    text: &'a str,
    folded: String,
    /// Where the pieces begin: in the folded text, and in the text.
    begins: Vec<(usize, usize)>,
}

impl<'a> Laid<'a> {
    fn new(text: &'a str) -> Self {
        let (mut folded, mut begins) = (String::with_capacity(text.len()), Vec::new());
        pieces(text, &mut folded, |folded, typed| begins.push((folded, typed)));
        Self { text, folded, begins }
    }

    /// The pieces of a place in the folded text. Of pieces that begin at the same place the last one has the bytes.
    fn pieces(&self, place: Range<usize>) -> Range<usize> {
        let holding = |at| self.begins.partition_point(|(folded, _)| *folded <= at).saturating_sub(1);
        holding(place.start)..holding(place.end - 1) + 1
    }

    /// Where a piece begins in the text; its end behind the last one.
    fn typed(&self, piece: usize) -> usize {
        self.begins.get(piece).map_or(self.text.len(), |(_, typed)| *typed)
    }

    /// Every place of every word, in order, those that touch as one.
    fn found(&self, words: &[Finder]) -> Vec<Range<usize>> {
        let places = words.iter().flat_map(|word| {
            let length = word.needle().len();
            word.find_iter(self.folded.as_bytes()).map(move |at| self.pieces(at..at + length))
        });
        joined(places.collect(), 0)
    }
}

fn joined(mut places: Vec<Range<usize>>, gap: usize) -> Vec<Range<usize>> {
    places.sort_by_key(|place| place.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match joined.last_mut() {
            Some(last) if place.start <= last.end + gap => last.end = last.end.max(place.end),
            _ => joined.push(place),
        }
    }
    joined
}

/// The first places of the words with what stands around them, `…` where something is left out.
pub(crate) fn cut(text: &str, words: &[Finder]) -> Vec<Piece> {
    let laid = Laid::new(text);
    let found = laid.found(words);
    let first =
        |word: &Finder| word.find(laid.folded.as_bytes()).map(|at| laid.pieces(at..at + word.needle().len()));
    let around =
        |place: Range<usize>| place.start.saturating_sub(BEFORE)..(place.end + BEHIND).min(laid.begins.len());
    let mut windows = joined(words.iter().filter_map(first).map(around).collect(), 4);
    windows.truncate(PLACES);
    let mut out = Vec::new();
    for (i, window) in windows.iter().enumerate() {
        if window.start > 0 || i > 0 {
            add(&mut out, "…", false);
        }
        mark(&laid, window.clone(), &found, &mut out);
    }
    if windows.last().is_some_and(|last| last.end < laid.begins.len()) {
        add(&mut out, "…", false);
    }
    out
}

pub(crate) fn whole(text: &str, words: &[Finder]) -> Vec<Piece> {
    let laid = Laid::new(text);
    let mut out = Vec::new();
    mark(&laid, 0..laid.begins.len(), &laid.found(words), &mut out);
    out
}

fn mark(laid: &Laid, window: Range<usize>, found: &[Range<usize>], out: &mut Vec<Piece>) {
    let mut from = laid.typed(window.start);
    let end = laid.typed(window.end);
    for place in found.iter().filter(|place| place.start < window.end && place.end > window.start) {
        let start = laid.typed(place.start).max(from);
        let stop = laid.typed(place.end).min(end);
        // White space behind a word is not part of it; a variation selector is.
        let spaces = |c: char| is_nothing(c) && (c.is_whitespace() || c == '・');
        let stop = start + laid.text[start..stop].trim_end_matches(spaces).len();
        add(out, &laid.text[from..start], false);
        add(out, &laid.text[start..stop], true);
        from = stop;
    }
    add(out, &laid.text[from..end], false);
}

fn add(out: &mut Vec<Piece>, text: &str, marked: bool) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.marked == marked => last.text.push_str(text),
        _ => out.push(Piece { text: text.to_owned(), marked }),
    }
}
