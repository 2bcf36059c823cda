//! `docs/data-map.toml` names every column of the real schema, and what holds a patient's words is ciphertext.

use std::collections::BTreeMap;

use crate::world::World;

const COLUMNS: &str = "SELECT n.nspname || '.' || c.relname, a.attname, pg_catalog.format_type(a.atttypid, NULL)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('care', 'sec') AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
    AND c.relname <> 'refinery_schema_history'";

const CLASSES: [&str; 5] = ["phi", "personal", "secret", "public", "operational"];

#[tokio::test(flavor = "multi_thread")]
async fn every_column_has_its_class_and_patients_words_are_ciphertext() {
    let map: toml::Table = include_str!("../../../docs/data-map.toml").parse().expect("the data map is TOML");
    let mut wanted: BTreeMap<(String, String), String> = BTreeMap::new();
    for (table, columns) in map.iter().filter(|(name, _)| *name != "default") {
        for (column, class) in
            columns.as_table().expect("a table").iter().filter(|(name, _)| !name.starts_with('*'))
        {
            let class = class.as_str().expect("a class").to_owned();
            assert!(CLASSES.contains(&class.as_str()), "{table}.{column}: {class}");
            wanted.insert((table.clone(), column.clone()), class);
        }
    }
    let w = World::new().await;
    let rows = w.superuser().await.query(COLUMNS, &[]).await.expect("the catalogue answers");
    let mut found = BTreeMap::new();
    for row in &rows {
        let kind: String = row.get(2);
        found.insert((row.get::<_, String>(0), row.get::<_, String>(1)), kind);
    }
    let unmapped: Vec<_> = found.keys().filter(|c| !wanted.contains_key(*c)).collect();
    let gone: Vec<_> = wanted.keys().filter(|c| !found.contains_key(*c)).collect();
    assert!(
        unmapped.is_empty() && gone.is_empty(),
        "not in the map: {unmapped:?}; only in the map: {gone:?}"
    );
    let clear: Vec<_> =
        wanted.iter().filter(|(c, class)| *class == "phi" && found[*c] != "bytea").map(|(c, _)| c).collect();
    assert!(clear.is_empty(), "patients' words in clear: {clear:?}");
    assert!(wanted.values().any(|class| class == "phi"), "the map knows what is phi");
}
