//! The templates that come with the product: `built_in/*.txt`, each with its id and version on top.

use std::sync::LazyLock;

use uuid::Uuid;

use super::model::{Owner, Template};

const FILES: [&str; 5] = [
    include_str!("built_in/visit.txt"),
    include_str!("built_in/sbar.txt"),
    include_str!("built_in/medicine.txt"),
    include_str!("built_in/pressure_ulcer.txt"),
    include_str!("built_in/discharge.txt"),
];

/// Facts of the build, the same for every `App` in the process.
static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| FILES.iter().filter_map(|file| read(file)).collect());

pub(super) fn all() -> &'static [Template] {
    &ALL
}

pub(super) fn find(id: Uuid) -> Option<Template> {
    ALL.iter().find(|t| t.id == id).cloned()
}

/// `id: …`, `version: …`, `name: …`, an empty line, and the text.
fn read(file: &str) -> Option<Template> {
    let (head, content) = file.split_once("\n\n")?;
    let value = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
    Some(Template {
        id: value("id")?.parse().ok()?,
        version: value("version")?.parse().ok()?,
        owner: Owner::Deployment,
        name: value("name")?.to_owned(),
        content: content.trim_end().to_owned(),
        retired: false,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            form::{self, Block},
            model::TemplateText,
        },
        *,
    };

    #[test]
    fn every_file_is_a_template_that_could_have_been_typed() {
        assert_eq!(all().len(), FILES.len());
        for (n, t) in all().iter().enumerate() {
            let text = TemplateText { name: t.name.clone(), content: t.content.clone() };
            let checked = text.checked().unwrap_or_else(|e| panic!("{}: {e}", t.name));
            assert!(checked.content == t.content, "{} is stored as it stands", t.name);
            assert!(all()[..n].iter().all(|other| other.id != t.id), "{} has an id of its own", t.name);
            let blocks = form::parse(&t.content).unwrap();
            assert!(blocks.iter().any(|b| matches!(b, Block::Heading(_))), "{}", t.name);
            assert!(blocks.iter().any(|b| matches!(b, Block::Field { .. })), "{}", t.name);
        }
    }
}
