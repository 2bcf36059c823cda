//! A browser: it keeps cookies and says that its own pages ask.

use std::{collections::BTreeMap, sync::Mutex};

use axum::{body::Body, http::Request};
use serde_json::Value;

use super::{Answer, World};

pub struct Browser<'a> {
    world: &'a World,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

impl World {
    pub fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: Mutex::default() }
    }
}

pub const SESSION: &str = "__Host-renkei";
pub const DEVICE: &str = "__Host-renkei-device";

impl Browser<'_> {
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub fn set(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.into(), value.into());
    }

    pub fn forget(&self, name: &str) {
        self.cookies.lock().unwrap().remove(name);
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, Body::empty()).await
    }

    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        self.send("POST", path, Some("application/x-www-form-urlencoded"), body.into()).await
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, Some("application/json"), body.to_string().into()).await
    }

    async fn send(&self, method: &str, path: &str, kind: Option<&str>, body: Body) -> Answer {
        let cookies = self.cookies.lock().unwrap().clone();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8080")
            .header("sec-fetch-site", "same-origin");
        for (name, value) in &cookies {
            request = request.header("cookie", format!("{name}={value}"));
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = self.world.send(request.body(body).expect("a request")).await;
        for line in answer.headers.get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').expect("a cookie");
            match rest.split(';').next() {
                Some("") | None => self.forget(name),
                Some(value) => self.set(name, value),
            }
        }
        answer
    }
}
