//! What the forms of the family timeline send, at either door: words, and photos or files. Whatever is wrong with a file, the words
//! stay.

use std::sync::atomic::Ordering;

use axum::{
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::header,
    response::{IntoResponse, Response},
};
use record::FileClass;
use serde::Deserialize;
use uuid::Uuid;

use super::team;
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::{Actor, Relative},
    features::{
        files::{
            acts::{self as files, Sender},
            read_past, short_text,
        },
        posts::model::{MAX_BODY, NewPost, Timeline},
    },
    web::{
        admission::Typed,
        input::{self, Form},
    },
};

/// Files of one post.
pub const MAX_FILES: usize = 4;

/// As many of the largest files are read past before the body is cut off.
const READ_PAST: u64 = 4 * MAX_FILES as u64;

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writer<'a> {
    Team(&'a Actor),
    Family(&'a Relative),
}

impl<'a> Writer<'a> {
    fn sender(self, group: Uuid) -> Sender<'a> {
        match self {
            Self::Team(who) => Sender::ToFamily(who),
            Self::Family(who) => Sender::Relative(who, group),
        }
    }

    /// Nobody who is not on the timeline makes the server read a body.
    async fn must_be_there(self, app: &Shared, group: Uuid) -> Result<()> {
        if let Self::Team(who) = self {
            team::must_be_member(app, who, group).await?;
        }
        self.sender(group).desk(app).await.map(drop)
    }

    fn is_team(self) -> bool {
        matches!(self, Self::Team(_))
    }
}

/// A form without files may also come as browsers send it without them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    client_id: Uuid,
    body: String,
    reply_to: Option<Uuid>,
}

pub(super) struct Sent {
    pub client_id: Uuid,
    pub body: String,
    pub reply_to: Option<Uuid>,
    /// Files were chosen, whatever became of them.
    pub with_files: bool,
    files: Vec<Uuid>,
    /// What stands against it. `Invalid`: a file was not taken, in the writer's words.
    problem: Option<Error>,
}

crate::opaque_debug!(Sent);

impl Sent {
    fn nothing() -> Self {
        Self {
            client_id: Uuid::new_v4(),
            body: String::new(),
            reply_to: None,
            with_files: false,
            files: Vec::new(),
            problem: None,
        }
    }

    pub async fn receive(app: &Shared, who: Writer<'_>, group: Uuid, request: Request) -> Result<Self> {
        if !is_multipart(&request) {
            let Form(w) = Form::<Words>::from_request(request, app).await?;
            let (client_id, body, reply_to) = (w.client_id, w.body, w.reply_to);
            return Ok(Self { client_id, body, reply_to, ..Self::nothing() });
        }
        let closed = match who.must_be_there(app, group).await {
            Ok(()) => None,
            // On the timeline, where no file is taken now: the words may be.
            Err(error @ Error::DiskFull) => Some(error),
            Err(error) => return Ok(Self { problem: Some(error), ..Self::words(app, request).await }),
        };
        let (mut form, cut) = read_past(app, request, READ_PAST).await?;
        let mut sent = Self::nothing();
        // With the words in hand, the rest may fail.
        if let Err(error) = sent.fields(app, who, group, &mut form, closed).await {
            sent.problem.get_or_insert(error);
        }
        // What was cut off here looks broken, and was only too large.
        if cut.load(Ordering::Relaxed) && !matches!(sent.problem, Some(Error::Invalid(_))) {
            let too_large = Error::TooLarge(app.config.limits.file_bytes);
            sent.problem = Some(in_words(too_large, who.is_team()));
        }
        Ok(sent)
    }

    /// `closed`: why no file is taken now.
    async fn fields(
        &mut self,
        app: &Shared,
        who: Writer<'_>,
        group: Uuid,
        form: &mut Multipart,
        mut closed: Option<Error>,
    ) -> Result<()> {
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name().unwrap_or_default() {
                "client_id" => self.client_id = id(app, field).await?,
                "body" => self.body = text(app, field).await?,
                "reply_to" => self.reply_to = Some(id(app, field).await?),
                "files" if field.file_name().is_some_and(|name| !name.is_empty()) => {
                    self.with_files = true;
                    // After the first trouble the rest is read past.
                    if self.problem.is_some() {
                        continue;
                    }
                    let taken = match closed.take() {
                        Some(closed) => Err(closed),
                        None => self.file(app, who, group, field).await,
                    };
                    self.problem = taken.err().map(|error| in_words(error, who.is_team()));
                }
                "files" => {}
                _ => return Err(Error::BadRequest("unknown_field".into())),
            }
        }
        Ok(())
    }

    async fn file(&mut self, app: &Shared, who: Writer<'_>, group: Uuid, field: Field<'_>) -> Result<()> {
        if self.files.len() == MAX_FILES {
            let words = match who.is_team() {
                true => t("写真やファイルは、1回に{MAX_FILES}つまで送れます。"),
                false => t("写真や PDFは、1回に {MAX_FILES}つまで 送れます。"),
            };
            return Err(Error::invalid("files", "too_many", fill(words, &[("MAX_FILES", &MAX_FILES)])));
        }
        let sender = who.sender(group);
        let id = files::receive(app, sender, field, FileClass::Other, self.client_id).await?;
        // The same file chosen twice is one.
        if !self.files.contains(&id) {
            self.files.push(id);
        }
        Ok(())
    }

    /// The post, or what stands against it.
    pub fn post(&mut self) -> Result<NewPost> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        let body = if self.files.is_empty() {
            input::text("body", &self.body, MAX_BODY)
        } else {
            input::optional_text("body", &self.body, MAX_BODY)
        };
        let body = body.map_err(|problem| Error::Invalid(vec![problem]))?;
        let words = NewPost::words(Timeline::Family, body, self.client_id);
        Ok(NewPost { reply_to: self.reply_to, files: self.files.clone(), ..words })
    }

    /// The answer to what is no matter of the form: its page shows the words, to be copied.
    pub fn lost(self, error: Error) -> Response {
        let mut response = error.into_response();
        if !self.body.trim().is_empty() {
            response.extensions_mut().insert(Typed(vec![(t("書いた文").to_owned(), self.body)]));
        }
        response
    }

    /// For whoever is not let in: the session is over or locked. Nothing but the words is read.
    pub async fn unread(app: &Shared, error: Error, request: Request) -> Response {
        Self::words(app, request).await.lost(error)
    }

    /// The words before the first file. Of a form without files the layer around every route has kept them.
    async fn words(app: &Shared, request: Request) -> Self {
        let mut sent = Self::nothing();
        if !is_multipart(&request) {
            return sent;
        }
        let Ok((mut form, _)) = read_past(app, request, 0).await else { return sent };
        while let Ok(Some(field)) = form.next_field().await {
            match field.name() {
                Some("body") => sent.body = text(app, field).await.unwrap_or_default(),
                Some("client_id" | "reply_to") => {}
                _ => break,
            }
        }
        sent
    }
}

fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

async fn text(app: &App, mut field: Field<'_>) -> Result<String> {
    short_text(app, &mut field).await
}

async fn id(app: &App, field: Field<'_>) -> Result<Uuid> {
    text(app, field).await?.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))
}

fn unreadable(_: MultipartError) -> Error {
    Error::BadRequest("unreadable_form".into())
}

/// What the writer can do something about; anything else stays the error that it is.
fn in_words(error: Error, team: bool) -> Error {
    let words = match error {
        Error::TooLarge(limit) => {
            let words = match team {
                true => t("ファイルが大きすぎます。1つ{0}MBまでにしてください。"),
                false => t("ファイルが 大きすぎます。1つ {0}MBまでに してください。"),
            };
            fill(words, &[("0", &(limit / 1_000_000))])
        }
        Error::DiskFull if team => {
            t("サーバーの空きが足りないので、いまは写真やファイルを受け取れません。文だけなら送れます。")
                .into()
        }
        Error::DiskFull => t("いま 写真や PDFを うけとれません。文だけなら 送れます。").into(),
        Error::Unavailable(_) if team => {
            t("いまファイルを受け取れません。少しあとで、もう一度送ってください。").into()
        }
        Error::Unavailable(_) => {
            t("いま ファイルを うけとれません。すこし あとで、もう一度 送ってください。").into()
        }
        Error::Conflict(reason) if reason == "client_id_used_for_something_else" => match team {
            true => {
                t("ファイルが、前に送ったものと違います。画面を開き直して、もう一度送ってください。").into()
            }
            false => {
                t("ファイルが、前に 送った ものと ちがいます。ページを 開き直して、もう一度 送ってください。")
                    .into()
            }
        },
        other => return other,
    };
    Error::invalid("files", "not_taken", words)
}
