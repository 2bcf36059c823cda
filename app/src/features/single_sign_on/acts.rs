//! The way to a provider and back.

use data_encoding::BASE64URL_NOPAD;
use url::Url;
use uuid::Uuid;

use super::{
    id_token::{self, Claims, Expected, Key},
    provider::{Failed, Provider},
    rules::{Shown, Told, shown},
    store::{self, Marks},
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, factors::Method, token},
    features::sign_in::{
        acts::{FirstStep, Origin, refuse_identity, vouched_for},
        confirm::confirm_password,
    },
};
pub use store::{Identity, mine};

/// Why somebody who went to a provider does not get in, or does not get there.
#[derive(Debug)]
pub enum Trouble {
    /// The provider does not answer. One's own factors work as ever.
    Away,
    /// No way out of this browser waits with this state: too late, come back before, or somebody else's.
    TooLate,
    /// The person, or the provider, said no.
    Declined,
    /// What came is not accepted; the log says why.
    NotAccepted,
    /// The person signed in there too long ago.
    Stale,
    /// What was shown there is of the same kind as our second factor.
    SameKind,
    /// The identity is tied to no account that may come in.
    NotLinked,
    /// To link: the identity is another account's,
    LinkedElsewhere,
    /// or this account has another identity of this provider.
    AnotherLinked,
    Other(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Where the browser goes, and the secret that it keeps meanwhile.
pub struct Leaving {
    pub url: Url,
    pub browser: String,
}

crate::opaque_debug!(Leaving);

/// To sign in; afterwards to `next`, a path of this site.
pub async fn leave_to_sign_in(app: &App, provider: &str, next: &str) -> Result<Leaving, Trouble> {
    leave(app, app.single_sign_on.of(provider)?, None, next).await
}

/// To link. The password, where one is given, makes the session a fresh one.
pub async fn leave_to_link(
    app: &App,
    who: &Actor,
    provider: &str,
    password: String,
    origin: &Origin,
) -> Result<Leaving, Trouble> {
    let provider = app.single_sign_on.of(provider)?;
    confirm(app, who, password, origin).await?;
    leave(app, provider, Some(who), "/").await
}

/// A session that was confirmed just now needs no password; the database decides.
async fn confirm(app: &App, who: &Actor, password: String, origin: &Origin) -> Result<()> {
    if password.is_empty() {
        return Ok(());
    }
    confirm_password(app, who, password, origin).await
}

async fn leave(app: &App, provider: &Provider, who: Option<&Actor>, next: &str) -> Result<Leaving, Trouble> {
    let (state, browser) = (token::fresh(), token::fresh());
    let challenge = BASE64URL_NOPAD.encode(&token::hash(&verifier(&browser, &state)));
    let url = provider
        .way(&state, &nonce(&browser, &state), &challenge)
        .await
        .map_err(|failed| not_through(provider, failed))?;
    store::go_out(app, who, &marks(&state, &browser), &provider.settings.id, next).await?;
    Ok(Leaving { url, browser })
}

fn marks(state: &str, browser: &str) -> Marks {
    Marks { state: token::hash(state), browser: token::hash(browser) }
}

/// Made anew from what the browser holds and the state, so that they stand nowhere meanwhile.
fn verifier(browser: &str, state: &str) -> String {
    BASE64URL_NOPAD.encode(&token::sha256(format!("renkei/pkce/v1|{browser}|{state}").as_bytes()))
}

fn nonce(browser: &str, state: &str) -> String {
    BASE64URL_NOPAD.encode(&token::sha256(format!("renkei/nonce/v1|{browser}|{state}").as_bytes()))
}

/// What the provider sends the browser back with (RFC 6749 §4.1.2, RFC 9207).
#[derive(Default)]
pub struct Brought {
    pub state: String,
    pub code: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

crate::opaque_debug!(Brought);

/// Who came, and from where.
#[derive(Debug)]
pub struct Comer<'a> {
    /// The secret that the browser kept, for ten minutes.
    pub browser: Option<String>,
    pub who: Option<Actor>,
    pub origin: &'a Origin,
}

#[derive(Debug)]
pub enum Arrived {
    Linked,
    /// To `next` afterwards.
    SigningIn {
        step: FirstStep,
        next: String,
    },
}

/// What came of it, and whether it was about linking: where the person goes on from.
#[derive(Debug)]
pub struct Return {
    pub linking: bool,
    pub outcome: Result<Arrived, Trouble>,
}

/// The way back. Whatever comes of it, the state is used up.
pub async fn come_back(app: &App, provider: &str, brought: Brought, comer: Comer<'_>) -> Result<Return> {
    let provider = app.single_sign_on.of(provider)?;
    let browser = comer.browser.as_deref().unwrap_or_default();
    let marks = marks(&brought.state, browser);
    let Some(back) = store::come_back(app, &marks, &provider.settings.id).await? else {
        return Ok(Return { linking: false, outcome: Err(Trouble::TooLate) });
    };
    let outcome = async {
        let claims = claims(app, provider, &brought, browser).await?;
        match (back.linking, &comer.who) {
            (true, Some(who)) => link(app, who, &marks, &claims).await.map(|()| Arrived::Linked),
            (true, None) => Err(Trouble::TooLate),
            (false, _) => {
                let step = sign_in(app, provider, &claims, comer.origin).await?;
                Ok(Arrived::SigningIn { step, next: back.next })
            }
        }
    };
    Ok(Return { linking: back.linking, outcome: outcome.await })
}

/// The checked word of the provider.
async fn claims(app: &App, provider: &Provider, brought: &Brought, browser: &str) -> Result<Claims, Trouble> {
    let failed = |failed| not_through(provider, failed);
    let metadata = provider.metadata().await.map_err(failed)?;
    // Before anything else is believed: an answer of another issuer is a mix-up (RFC 9207 §2.4).
    let named = match brought.iss.as_deref() {
        Some(iss) => iss == provider.settings.issuer,
        None => !metadata.authorization_response_iss_parameter_supported,
    };
    if !named {
        return Err(failed(Failed::Wrong("answer_of_another_issuer")));
    }
    if brought.error.is_some() {
        return Err(Trouble::Declined);
    }
    let code = brought.code.as_deref().ok_or_else(|| failed(Failed::Wrong("no_code")))?;
    let token = provider.redeem(code, &verifier(browser, &brought.state)).await.map_err(failed)?;
    let wrong = |code| failed(Failed::Wrong(code));
    let key = Key::named_by(&token).map_err(wrong)?;
    let keys = provider.keys(&key).await.map_err(failed)?;
    let expected = Expected {
        issuer: &provider.settings.issuer,
        client_id: &provider.settings.client_id,
        nonce: &nonce(browser, &brought.state),
        now: now(app),
    };
    id_token::check(&token, &key, &keys, &expected).map_err(wrong)
}

fn now(app: &App) -> i64 {
    i64::try_from(app.unix_seconds()).unwrap_or_default()
}

fn not_through(provider: &Provider, failed: Failed) -> Trouble {
    let provider = &provider.settings.id;
    match failed {
        Failed::Away(code) => {
            tracing::warn!(provider, code, "an identity provider does not answer");
            Trouble::Away
        }
        Failed::Wrong(code) => {
            tracing::warn!(provider, code, "the answer of an identity provider was not accepted");
            Trouble::NotAccepted
        }
    }
}

async fn link(app: &App, who: &Actor, marks: &Marks, claims: &Claims) -> Result<(), Trouble> {
    match store::link(app, who, &marks.state, &claims.iss, &claims.sub).await {
        Ok(()) => Ok(()),
        Err(Error::Conflict(reason)) => Err(match reason.as_ref() {
            "identity_linked_elsewhere" => Trouble::LinkedElsewhere,
            "another_identity_linked" => Trouble::AnotherLinked,
            _ => Trouble::TooLate,
        }),
        Err(other) => Err(other.into()),
    }
}

async fn sign_in(
    app: &App,
    provider: &Provider,
    claims: &Claims,
    origin: &Origin,
) -> Result<FirstStep, Trouble> {
    let told = Told { auth_time: claims.auth_time, acr: claims.acr.as_deref(), amr: &claims.amr };
    let two = match shown(told, &provider.settings, now(app)) {
        None => return Err(Trouble::Stale),
        Some(Shown::Held) => return Err(Trouble::SameKind),
        Some(shown) => shown == Shown::Two,
    };
    let step = match store::show(app, &claims.iss, &claims.sub).await? {
        Some(login) => {
            let how = if two { Method::OutsideTwo } else { Method::Outside };
            vouched_for(app, &login, how, origin).await
        }
        None => refuse_identity(app).await,
    };
    step.map_err(|error| match error {
        Error::WrongCredentials => Trouble::NotLinked,
        other => Trouble::Other(other),
    })
}

/// Unties one of one's own identities. `NotFound` for any other.
pub async fn unlink(app: &App, who: &Actor, id: Uuid, password: String, origin: &Origin) -> Result<()> {
    confirm(app, who, password, origin).await?;
    store::unlink(app, who, id).await
}
