//! Cutting a script into statements: at semicolons that stand outside of quotes, comments and dollar-quoted bodies.

/// The statements of a script, without comments, white space folded to single blanks. Quoted text and bodies stay as
/// they are.
pub fn statements(script: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut now = String::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '-' if rest.starts_with("--") => comment(rest, "\n", &mut now),
            '/' if rest.starts_with("/*") => comment(rest, "*/", &mut now),
            '\'' | '"' => copy(rest, quoted(rest, c), &mut now),
            '$' => copy(rest, dollar(rest), &mut now),
            ';' => {
                finish(&mut now, &mut all);
                1
            }
            c if c.is_whitespace() => {
                blank(&mut now);
                c.len_utf8()
            }
            c => {
                now.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    finish(&mut now, &mut all);
    all
}

fn finish(now: &mut String, all: &mut Vec<String>) {
    let statement = now.trim();
    if !statement.is_empty() {
        all.push(statement.to_owned());
    }
    now.clear();
}

fn blank(now: &mut String) {
    if !now.is_empty() && !now.ends_with(' ') {
        now.push(' ');
    }
}

/// The length of a comment up to and including its end.
fn comment(rest: &str, end: &str, now: &mut String) -> usize {
    blank(now);
    rest.find(end).map_or(rest.len(), |at| at + end.len())
}

fn copy(rest: &str, length: usize, now: &mut String) -> usize {
    now.push_str(&rest[..length]);
    length
}

/// A doubled quote is two quoted texts side by side, which comes to the same.
fn quoted(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |at| at + 2)
}

/// `$$ … $$` or `$tag$ … $tag$`; a `$` that opens nothing (a parameter) is itself.
fn dollar(rest: &str) -> usize {
    let Some(close) = rest[1..].find('$') else { return 1 };
    let tag = &rest[..close + 2];
    if !tag[1..tag.len() - 1].chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        || tag[1..].starts_with(|c: char| c.is_ascii_digit())
    {
        return 1;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |at| at + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semicolons_inside_quotes_comments_and_bodies_do_not_end_a_statement() {
        let script = "SELECT 'a;b', \"c;d\"; -- no; end\nDO $x$ BEGIN; $$ ; END $x$;\n/* a; b */ CREATE  TABLE\n t (a int)";
        assert_eq!(
            statements(script),
            ["SELECT 'a;b', \"c;d\"", "DO $x$ BEGIN; $$ ; END $x$", "CREATE TABLE t (a int)"]
        );
        assert_eq!(statements("SELECT $1; SELECT 'it''s; so'"), ["SELECT $1", "SELECT 'it''s; so'"]);
        assert!(statements(" ;; -- nothing").is_empty());
    }

    #[test]
    fn what_is_not_closed_reaches_to_the_end() {
        assert_eq!(statements("SELECT 'open; "), ["SELECT 'open;"]);
        assert_eq!(statements("DO $$ open; "), ["DO $$ open;"]);
    }
}
