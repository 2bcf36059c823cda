//! Whatever somebody in care types that is longer than a line is kept on her device until the server has it (decision 0046).

use std::collections::BTreeSet;

use crate::{
    access::{
        cases::{CASES, Reach},
        scene::{Cast, Kind, Scene},
    },
    world::World,
};

/// Forms with a text that no device keeps, by their action, each with its reason.
const NONE: &[(&str, &str)] = &[
    ("/practice", "a practice: what is written there goes nowhere"),
    ("/csv", "a list that stands in a file of the person's own"),
];

/// The parts of a page that are forms.
fn forms(page: &str) -> impl Iterator<Item = &str> {
    page.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>").map(|(form, _)| form))
}

fn attribute<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    let head = form.split_once('>')?.0;
    head.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_of_more_than_a_line_is_kept_on_the_device_until_it_is_sent() {
    let w = World::new().await;
    let cast = Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    let (mut kept, mut faults) = (BTreeSet::new(), BTreeSet::new());
    for case in CASES.iter().filter(|case| case.method == "GET" && !case.path.starts_with("/api/")) {
        let readers: &[Kind] = match case.reach {
            Reach::SignedIn => &[Kind::Host, Kind::FacilityAdmin],
            Reach::Group => &[Kind::Host, Kind::Member, Kind::FacilityAdmin],
            Reach::Family => &[Kind::Relative],
            // Before the door nothing is kept; at the console nobody writes about patients.
            Reach::Everybody | Reach::Operator | Reach::Desk => &[],
        };
        for kind in readers {
            let answer = cast.client(&w, *kind).await.get(&scene.fill(case.path)).await;
            let is_page =
                answer.headers.get("content-type").is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
            if !is_page || answer.status.is_redirection() {
                continue;
            }
            let page = answer.text();
            for form in forms(&page).filter(|form| form.contains("<textarea")) {
                let action = attribute(form, "action").unwrap_or_default();
                let excused = NONE.iter().any(|(path, _)| action.contains(path));
                let composer = attribute(form, "class").is_some_and(|class| class.contains("composer"));
                match attribute(form, "data-keep") {
                    Some(key) => {
                        let field = attribute(form, "data-keep-id").unwrap_or("client_id");
                        let known =
                            form.contains(&format!("name=\"{field}\"")) || form.contains("data-draft=\"");
                        assert!(known, "{}: it is known by its id", case.path);
                        kept.insert(key.split('/').next().unwrap_or_default().to_owned());
                    }
                    None if composer || excused => {}
                    None => drop(faults.insert(format!("{}: {action}", case.path))),
                }
            }
        }
    }
    assert!(faults.is_empty(), "no draft: {faults:#?}");
    assert!(kept.len() > 10, "the walk sees forms: {kept:?}");
}
