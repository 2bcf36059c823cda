//! How deep and how wide a body is. One pass over the bytes, no memory: a parser never meets what is too much for it.

/// The largest body that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Objects and arrays inside one another.
    pub depth: usize,
    /// Members of all objects and arrays together; of a form, its fields.
    pub members: usize,
}

impl Shape {
    /// Whether JSON stays within. Says nothing about whether it is JSON.
    pub fn holds_json(&self, text: &[u8]) -> bool {
        let (mut depth, mut members, mut in_string, mut escaped) = (0_usize, 1_usize, false, false);
        for byte in text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b',' => members += 1,
                _ => {}
            }
            if depth > self.depth || members > self.members {
                return false;
            }
        }
        true
    }

    /// Whether `application/x-www-form-urlencoded` stays within.
    pub fn holds_form(&self, text: &[u8]) -> bool {
        text.iter().filter(|byte| **byte == b'&').count() < self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: Shape = Shape { depth: 2, members: 3 };

    #[test]
    fn depth_and_members_are_counted_outside_strings() {
        assert!(SMALL.holds_json(br#"{"a":[1,2,"[[[[,,,,\"{{{,,,"]}"#));
        assert!(!SMALL.holds_json(br#"{"a":[[1]]}"#));
        assert!(!SMALL.holds_json(br#"[1,2,3,4]"#));
        assert!(SMALL.holds_json(b"]]]]]]{}"), "not JSON, but not deep either");
    }

    #[test]
    fn fields_of_a_form_are_counted() {
        assert!(SMALL.holds_form(b""));
        assert!(SMALL.holds_form(b"a=1&b=2&c=%26%26%26"));
        assert!(!SMALL.holds_form(b"a=1&b=2&c=3&d=4"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_a_panic(bytes: Vec<u8>) {
            SMALL.holds_json(&bytes);
            SMALL.holds_form(&bytes);
        }
    }
}
