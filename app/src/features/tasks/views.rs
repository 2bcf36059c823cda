//! Tasks as people see them: lists by what is due, the form of a new one, one task with its acts and its history.

mod list;
mod one;
mod sample;

pub use list::{CLOSED_SHOWN, GroupTasks, MyTasks, due_badge, group_page, lines, mine_page};
pub use one::{NewView, TaskView, new_page, task_page};
