//! Which row of the access log the page of this request belongs to: its frame carries the row's name, so that the browser can say how long the
//! page was on the screen and that it was printed.

use std::{cell::Cell, fmt};

use axum::{extract::Request, middleware::Next, response::Response};
use jiff::Timestamp;
use uuid::Uuid;

/// The key of a row in the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub id: Uuid,
    pub at: Timestamp,
}

/// Microseconds and id: `1795843925000000.0d9c…`.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_microsecond(), self.id)
    }
}

impl View {
    /// Reads what `to_string` gave.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self { id: id.parse().ok()?, at: Timestamp::from_microsecond(at.parse().ok()?).ok()? })
    }
}

#[derive(Clone, Copy)]
enum Shown {
    Nothing,
    One(View, Uuid),
    /// Pages of several patients are lists: none of them is open.
    Several,
}

tokio::task_local! {
    static SHOWN: Cell<Shown>;
}

/// The layer around every request.
pub async fn shows(request: Request, next: Next) -> Response {
    SHOWN.scope(Cell::new(Shown::Nothing), next.run(request)).await
}

/// `whose`: the group or the patient. The first view of a request stands for its page.
pub(super) fn note(view: View, whose: Uuid) {
    let _ = SHOWN.try_with(|shown| {
        shown.set(match shown.get() {
            Shown::Nothing => Shown::One(view, whose),
            Shown::One(first, same) if same == whose => Shown::One(first, whose),
            Shown::One(..) | Shown::Several => Shown::Several,
        });
    });
}

/// What is shown of one patient.
pub fn shown() -> Option<View> {
    match SHOWN.try_with(Cell::get) {
        Ok(Shown::One(view, _)) => Some(view),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View { id: Uuid::new_v4(), at: Timestamp::from_microsecond(1_795_843_925_000_001).unwrap() }
    }

    #[test]
    fn a_name_is_read_back() {
        let one = view();
        assert_eq!(View::parse(&one.to_string()), Some(one));
        assert_eq!(View::parse("x"), None);
        assert_eq!(View::parse("1.x"), None);
    }

    #[tokio::test]
    async fn a_page_of_one_patient_is_hers_and_a_list_is_nobodys() {
        let (a, b, group) = (view(), view(), Uuid::new_v4());
        assert_eq!(shown(), None);
        let one = SHOWN.scope(Cell::new(Shown::Nothing), async {
            note(a, group);
            note(b, group);
            shown()
        });
        assert_eq!(one.await, Some(a));
        let several = SHOWN.scope(Cell::new(Shown::Nothing), async {
            note(a, group);
            note(b, Uuid::new_v4());
            note(a, group);
            shown()
        });
        assert_eq!(several.await, None);
    }
}
