//! Who looks at the page, for its frame: name, facility, badge, display settings.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, Uri, request::Parts},
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::ui::{Ctx, News, Profession, Theme, Viewer};
use crate::{
    Error, Result,
    auth::{Elsewhere, cookie},
    db::Tx,
    service::{InForce, ServiceMode},
};

/// Cookie of the display settings: `theme.large`, e.g. `dark.1`.
pub const DISPLAY_COOKIE: &str = "__Host-renkei-display";

/// A page's context before the viewer is known.
#[derive(Debug)]
pub struct Asked(pub Ctx);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(plain(&parts.headers, &parts.extensions, &parts.uri)))
    }
}

pub fn plain(headers: &HeaderMap, extensions: &Extensions, uri: &Uri) -> Ctx {
    let display = cookie(headers, DISPLAY_COOKIE).unwrap_or_default();
    let mut display = display.split('.');
    let (theme, large, readings) =
        (display.next().unwrap_or_default(), display.next() == Some("1"), display.next() == Some("1"));
    Ctx {
        nonce: super::headers::nonce(extensions),
        theme: Theme::from_code(theme),
        large_text: large,
        viewer: None,
        notices: 0,
        live_from: None,
        mode: None,
        news: Vec::new(),
        path: uri.path().to_owned(),
        idle_minutes: 0,
        reading: extensions.get::<Elsewhere>().is_some(),
        shortcuts: false,
        // Of a browser where nobody of the staff looks; their choice stands with their account.
        readings,
        keeps_copies: false,
        copied: None,
    }
}

/// Who asks, and for which facility: all that an answer without a page needs. A person's token has no more than this.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    pub account_id: Uuid,
    pub facility_id: Uuid,
}

const ACTING: &str = "SELECT c.account_id, c.facility_id FROM sec.ctx() c";

impl Acting {
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        let row = tx.one(ACTING, &[]).await?;
        Ok(Self { account_id: row.get(0), facility_id: row.get(1) })
    }

    /// `NotFound` unless the caller acts for the facility that an address names: what is another facility's does not exist here.
    pub async fn must_be_for(tx: &mut Tx, facility: Uuid) -> Result<()> {
        let acting = Self::load(tx).await?;
        if acting.facility_id == facility { Ok(()) } else { Err(Error::NotFound) }
    }
}

/// Everything about the signed-in person that pages and `GET /me` need, from one statement.
#[derive(Debug, Clone)]
pub struct Me {
    pub account_id: Uuid,
    pub login_id: String,
    pub name: String,
    pub kana: String,
    pub profession: String,
    pub facility_id: Uuid,
    pub facility: String,
    pub admin: bool,
    pub session_id: Uuid,
    pub factors: Vec<String>,
    pub idle_seconds: Option<i32>,
    pub expires_at: jiff::Timestamp,
    pub notices: i64,
    /// Cursor of the live events at the beginning of this page.
    pub live_from: String,
    pub mode: Option<InForce>,
    pub news: Vec<News>,
    /// What she set for herself.
    pub shortcuts: bool,
    pub readings: bool,
    /// The start page leads to the first steps, once.
    pub first_visit: bool,
    /// The device keeps copies for when there is no line.
    pub keeps_copies: bool,
}

const VIEWER: &str = "SELECT account_id, login_id, name, kana, profession, facility_id, facility, admin, session_id, factors, idle_seconds, expires_at, notices, live_from, mode, mode_reason, mode_since, mode_until, news, shortcuts, readings, first_visit, copies FROM act.frame(), act.my_habits()";

fn mode(r: &Row) -> Option<InForce> {
    let mode = ServiceMode::from_code(r.get::<_, Option<&str>>(14)?)?;
    Some(InForce { mode, reason: r.get(15), since: r.get(16), until: r.get(17), everybody: false })
}

impl Me {
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        tx.one(VIEWER, &[]).await.map(|row| Self::read(&row))
    }

    fn read(r: &Row) -> Self {
        Self {
            account_id: r.get(0),
            login_id: r.get(1),
            name: r.get(2),
            kana: r.get(3),
            profession: r.get(4),
            facility_id: r.get(5),
            facility: r.get(6),
            admin: r.get(7),
            session_id: r.get(8),
            factors: r.get(9),
            idle_seconds: r.get(10),
            expires_at: r.get(11),
            notices: r.get(12),
            live_from: r.get(13),
            mode: mode(r),
            news: serde_json::from_value(r.get(18)).unwrap_or_default(),
            shortcuts: r.get(19),
            readings: r.get(20),
            first_visit: r.get(21),
            keeps_copies: r.get(22),
        }
    }

    /// The page's context, now with its viewer.
    pub fn ctx(&self, Asked(ctx): Asked) -> Ctx {
        Ctx {
            viewer: Some(Viewer {
                account_id: self.account_id,
                name: self.name.clone(),
                profession: Profession::of(&self.profession),
                facility: self.facility.clone(),
                facility_admin: self.admin,
            }),
            notices: u32::try_from(self.notices).unwrap_or(u32::MAX),
            live_from: Some(self.live_from.clone()),
            mode: self.mode.clone(),
            news: self.news.clone(),
            shortcuts: self.shortcuts,
            readings: self.readings,
            keeps_copies: self.keeps_copies,
            idle_minutes: self.idle_seconds.map_or(0, |s| u32::try_from(s / 60).unwrap_or(0)),
            ..ctx
        }
    }
}
