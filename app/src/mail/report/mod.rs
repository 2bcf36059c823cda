//! A message as the mail server hands it over: is it a delivery status notification (RFC 3464, RFC 6533), and what does it say?
//! Whatever stands in it is somebody else's text: nothing of it is kept or logged but the answer to that question.

use mail_parser::{Header, MessageParser, MimeHeaders};

use super::bounce;

/// Longer ones are not read. Reports repeat the letter, and ours are short.
pub const LARGEST: usize = 1 << 20;
/// A report has three parts.
const MOST_PARTS: usize = 20;
/// A report stands alone, or in what a filter or a list has put around it.
const MOST_LEVELS: usize = 4;
/// Where a server may write to whom the message came, the surest first.
const RECIPIENT: [&str; 3] = ["X-Original-To", "Delivered-To", "To"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A server has given the letter up.
    Failed,
    /// A server goes on trying.
    Delayed,
    /// It arrived, or went on its way.
    Fine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Report {
        said: Said,
        /// From the address that the report went to, where its head shows one.
        token: Option<String>,
    },
    /// Written by a program: an absence, a notice of reading, our own letter that came round. Nobody is answered.
    Automatic,
    /// Somebody writes to an address that nobody reads.
    Other,
    /// The parser has stumbled over it: it may be a report.
    Broken,
}

/// Never panics outward: a parser that stumbles has read no report.
pub fn read(message: &[u8]) -> Read {
    if message.len() > LARGEST {
        return Read::Other;
    }
    std::panic::catch_unwind(|| report(message)).unwrap_or(Read::Broken)
}

/// The token of an address that was given on the command line.
pub fn token_in(address: &str) -> Option<String> {
    bounce::token_in(address)
}

fn report(message: &[u8]) -> Read {
    let message = without_envelope(message);
    let parser = MessageParser::default();
    let Some(head) = parser.parse_headers(message) else { return Read::Other };
    let Some(root) = head.parts.first() else { return Read::Other };
    match said(&parser, message, MOST_LEVELS) {
        Some(said) => Read::Report { said, token: token(message, &root.headers) },
        None if is_automatic(message, &root.headers) => Read::Automatic,
        None => Read::Other,
    }
}

/// Without the line `From sender time` that mail servers put in front for programs.
fn without_envelope(message: &[u8]) -> &[u8] {
    let line = message.split_inclusive(|b| *b == b'\n').next().filter(|line| line.starts_with(b"From "));
    &message[line.map_or(0, <[u8]>::len)..]
}

/// What stands behind the first empty line.
fn body(message: &[u8]) -> &[u8] {
    let mut at = 0;
    for line in message.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    &message[at..]
}

/// A header's text as it came, or nothing where it is no UTF-8.
fn raw<'m>(message: &'m [u8], header: &Header<'_>) -> &'m str {
    let text = message.get(header.offset_start as usize..header.offset_end as usize);
    text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default().trim()
}

fn values<'a>(message: &'a [u8], headers: &'a [Header<'_>], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |h| h.name.as_str().eq_ignore_ascii_case(name)).map(|h| raw(message, h))
}

fn token(message: &[u8], headers: &[Header<'_>]) -> Option<String> {
    RECIPIENT.iter().find_map(|name| values(message, headers, name).find_map(bounce::token_in))
}

/// RFC 3834, and what older programs write.
fn is_automatic(message: &[u8], headers: &[Header<'_>]) -> bool {
    let submitted =
        values(message, headers, "Auto-Submitted").any(|v| !v.to_ascii_lowercase().starts_with("no"));
    let precedence = ["bulk", "junk", "list", "auto_reply"];
    let bulk =
        values(message, headers, "Precedence").any(|v| precedence.contains(&v.to_ascii_lowercase().as_str()));
    let nobody = values(message, headers, "Return-Path").any(|v| v == "<>");
    submitted || bulk || nobody
}

/// The parts between the lines of a boundary (RFC 2046, 5.1.1).
fn parts<'m>(body: &'m [u8], boundary: &str) -> Vec<&'m [u8]> {
    let (mut parts, mut begun, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|b| *b == b'\n') {
        let rest = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary.as_bytes()));
        if let Some(rest) = rest.map(<[u8]>::trim_ascii).filter(|rest| rest.is_empty() || *rest == b"--") {
            if let Some(begun) = begun {
                parts.push(&body[begun..at]);
            }
            begun = rest.is_empty().then_some(at + line.len());
            if begun.is_none() || parts.len() >= MOST_PARTS {
                return parts;
            }
        }
        at += line.len();
    }
    // Cut off before its end: what there is counts.
    parts.extend(begun.map(|begun| &body[begun..]));
    parts
}

/// What a part says: the one with the status, or the first that holds it. Of every other the head alone is read; a letter in it stays closed.
fn said(parser: &MessageParser, part: &[u8], levels: usize) -> Option<Said> {
    let head = parser.parse_headers(part)?;
    let kind = head.parts.first()?.content_type()?;
    if kind.ctype().eq_ignore_ascii_case("multipart") {
        let boundary = kind.attribute("boundary").filter(|boundary| !boundary.is_empty())?;
        let below = levels.checked_sub(1)?;
        return parts(body(part), boundary).into_iter().find_map(|part| said(parser, part, below));
    }
    let subtype = kind.subtype()?;
    let wanted =
        ["delivery-status", "global-delivery-status"].iter().any(|s| subtype.eq_ignore_ascii_case(s));
    if !kind.ctype().eq_ignore_ascii_case("message") || !wanted {
        return None;
    }
    let whole = parser.parse(part)?;
    let text = String::from_utf8_lossy(whole.parts.first()?.contents()).into_owned();
    fields(&text)
}

/// Groups of fields: the first is about the message, each further one about one recipient. A letter has one recipient; where a server
/// has made several of it, the letter has arrived if it arrived anywhere.
fn fields(text: &str) -> Option<Said> {
    let (mut said, mut action, mut class) = (Vec::new(), None, None);
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            said.extend(action.take().and_then(|action: String| group(&action, class.take())));
        } else if let Some((name, value)) = line.split_once(':') {
            let word = value.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "action" => action = Some(word),
                "status" => class = word.bytes().next(),
                _ => {}
            }
        }
    }
    [Said::Fine, Said::Failed, Said::Delayed].into_iter().find(|one| said.contains(one))
}

/// `failed` is final whatever the class of its status: a server that has tried for days says 4.4.7. One that contradicts itself says nothing.
fn group(action: &str, class: Option<u8>) -> Option<Said> {
    match (action, class) {
        ("failed", None | Some(b'4' | b'5')) => Some(Said::Failed),
        ("delayed", None | Some(b'4')) => Some(Said::Delayed),
        ("delivered" | "relayed" | "expanded", None | Some(b'2')) => Some(Said::Fine),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
