//! The calendar as people see it: by day on the phone, as a grid on the PC; the form of a visit; one visit.

mod calendar;
mod form;
mod one;

pub use calendar::{CalendarView, calendar_page, line, times};
pub use form::{NewView, new_page};
pub use one::{VisitView, visit_page};
