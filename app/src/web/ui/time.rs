//! Times and dates as people read them. Everything is shown in Asia/Tokyo.

pub mod age;
mod clock;
mod era;

pub use age::{age, age_words};
pub use clock::{
    clock, date_in_words, date_long, day_heading, day_long, day_of, end_of_day, in_day, left_until, machine,
    month_day, of_day, short, to_the_second, today, weekday, when, with_year,
};
pub use era::{era_date, era_year};
