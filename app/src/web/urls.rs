//! The addresses of all pages. No patient text ever stands in one.

use uuid::Uuid;

/// Fixed addresses.
macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident => $path:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static str { $path }
    )+};
}

/// Addresses with ids.
macro_rules! with_ids {
    ($($(#[$doc:meta])* $name:ident($($id:ident),+) => $path:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name($($id: Uuid),+) -> String { format!($path) }
    )+};
}

fixed! {
    home => "/";
    /// The list of groups.
    groups => "/groups";
    /// The form that registers a patient.
    new_patient => "/patients/new";
    notices => "/notices";
    connections => "/connections";
    menu => "/menu";
    /// POST: theme and text size.
    menu_display => "/menu/display";
    sign_in => "/sign-in";
    /// POST.
    sign_out => "/sign-out";
    /// GET asks for the second key again, POST locks.
    lock => "/lock";
    status => "/status";
    policies => "/policies";
    support => "/support";
}

with_ids! {
    /// The team timeline; also where its posts are sent: [`posts`].
    group(group) => "/groups/{group}";
    /// POST: a new post.
    posts(group) => "/groups/{group}/posts";
    /// One post as a fragment or as its place on the timeline.
    post(group, post) => "/groups/{group}/posts/{post}";
    group_members(group) => "/groups/{group}/members";
    group_files(group) => "/groups/{group}/files";
    face_sheet(patient) => "/patients/{patient}/face-sheet";
    /// POST: sets or takes back the 了解 of the viewer.
    acknowledgement(post) => "/posts/{post}/acknowledgement";
    correction(post) => "/posts/{post}/correction";
    withdrawal(post) => "/posts/{post}/withdrawal";
    readers(post) => "/posts/{post}/readers";
    file(file) => "/files/{file}";
    thumbnail(file) => "/files/{file}/thumbnail";
}

/// The list of groups behind a filter; an empty code shows all.
pub fn groups_shown(code: &str) -> String {
    if code.is_empty() { groups().to_owned() } else { format!("/groups?show={code}") }
}

/// The composer of a group as the answer to a post.
pub fn reply(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}?reply_to={post}#compose")
}

/// The timeline before a cursor: older posts.
pub fn older(group: Uuid, cursor: &str) -> String {
    format!("/groups/{group}?before={cursor}")
}

/// Where a link from elsewhere leads: the post on its timeline.
pub fn post_in_group(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}/posts/{post}#post-{post}")
}

/// A withdrawn post with its text unfolded; that it was opened is recorded.
pub fn withdrawn_text(group: Uuid, post: Uuid) -> String {
    format!("/groups/{group}/posts/{post}?withdrawn=show#post-{post}")
}
