//! `/api/v1/docs`: the OpenAPI description as a page to read, without scripts.

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::ui::styles;

/// Every call with its method, path, summary, parameters, body and answers, from the generated description.
pub fn page(document: &Value) -> Markup {
    let empty = serde_json::Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Renkei API" }
                link rel="stylesheet" href=(styles());
            }
            body {
                main.column.sheet id="main" {
                    h1 { "Renkei API, version 1" }
                    p { (text(&document["info"]["description"])) }
                    p { "Errors are RFC 9457 problem details with " code { "code" } " and " code { "request_id" } ". The machine-readable description is "
                        a href="/api/v1/openapi.json" { "openapi.json" } "." }
                    @for (path, calls) in paths {
                        @for (method, call) in calls.as_object().unwrap_or(&empty) { (one(method, path, call)) }
                    }
                    h2 { "Shapes" }
                    @for (name, schema) in document["components"]["schemas"].as_object().unwrap_or(&empty) { (shape(name, schema)) }
                }
            }
        }
    }
}

fn one(method: &str, path: &str, call: &Value) -> Markup {
    let none = Vec::new();
    let parameters = call["parameters"].as_array().unwrap_or(&none);
    html! {
        section.panel {
            h2 { code { (method.to_uppercase()) " " (path) } }
            p { (text(&call["summary"])) @if !call["description"].is_null() { " " (text(&call["description"])) } }
            @if !parameters.is_empty() {
                ul { @for p in parameters { li { code { (text(&p["name"])) } " (" (text(&p["in"])) ") " (text(&p["description"])) } } }
            }
            @if let Some(body) = reference(&call["requestBody"]["content"]["application/json"]["schema"]) { p { "Body: " a href={ "#" (body) } { (body) } } }
            ul {
                @for (status, answer) in call["responses"].as_object().into_iter().flatten() {
                    li { b { (status) } " " (text(&answer["description"]))
                        @for (_, content) in answer["content"].as_object().into_iter().flatten() {
                            @if let Some(name) = reference(&content["schema"]) { " " a href={ "#" (name) } { (name) } }
                        }
                    }
                }
            }
        }
    }
}

fn shape(name: &str, schema: &Value) -> Markup {
    html! {
        section.panel id=(name) {
            h3 { (name) }
            p { (text(&schema["description"])) }
            ul {
                @for (field, kind) in schema["properties"].as_object().into_iter().flatten() {
                    li { code { (field) } " " (kind_of(kind)) " " (text(&kind["description"])) }
                }
            }
        }
    }
}

fn kind_of(kind: &Value) -> String {
    if let Some(name) = reference(kind) {
        return name;
    }
    match &kind["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" | "),
        Value::String(one) if one == "array" => format!("array of {}", kind_of(&kind["items"])),
        other => text(other),
    }
}

fn reference(schema: &Value) -> Option<String> {
    schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()).map(str::to_owned)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
