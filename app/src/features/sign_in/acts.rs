//! Signing in, unlocking, enrolling. Each answers the same way and in the same time for known and unknown accounts.

use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    confirm::{Renewed, Ways},
    language, store,
};
use crate::words::Language;
use crate::{
    Error, Result,
    app::App,
    auth::{
        Actor, binding,
        factors::{self, Method},
        password, token, totp,
    },
};

/// What a person gave to prove who they are.
#[derive(Debug, Default)]
pub struct Proof {
    pub login_id: String,
    pub password: String,
    /// Six digits of the authenticator, or a recovery code.
    pub code: Option<String>,
}

/// Where the request comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The device cookie's value, if the browser has one.
    pub device: Option<String>,
    /// What to call a new device, e.g. "iPhone の Safari".
    pub device_name: String,
    /// `phone`, `tablet`, `pc` or `other`.
    pub device_kind: &'static str,
    /// The client certificate of the connection, by its fingerprint, where the listener for devices demanded one.
    pub certificate: Option<String>,
    /// The address block that shares one count of tries (IPv4 /24, IPv6 /48).
    pub block: String,
}

impl Origin {
    /// Whoever holds this session token in this browser.
    pub fn actor(&self, token: &str) -> Actor {
        let known_by = binding::bound(token, self.device.as_deref(), self.certificate.as_deref());
        Actor::from_token(known_by.as_deref().unwrap_or(token))
    }

    /// A new token for a browser's open session, and the hash that it is known by in this browser.
    pub fn renewed(&self) -> (String, [u8; 32]) {
        let fresh = binding::fresh_for_browser();
        let known_by = binding::bound(&fresh, self.device.as_deref(), self.certificate.as_deref());
        let hash = token::hash(known_by.as_deref().unwrap_or(&fresh));
        (fresh, hash)
    }
}

#[derive(Debug)]
pub struct Opened {
    pub token: String,
    pub expires_at: jiff::Timestamp,
    /// Set when the device was new: keep it in the device cookie.
    pub new_device: Option<String>,
    /// The account has no second factor yet; the session can only set one up.
    pub enrolling: bool,
    /// Both factors were right, but the facility has not approved the device yet; the session can only wait.
    pub pending: bool,
    pub account_id: Uuid,
    /// What the account has chosen, for this browser.
    pub language: Option<Language>,
}

impl Opened {
    /// The session as its database row is found: the token with what it is bound to.
    pub fn actor(&self, origin: &Origin) -> Option<Actor> {
        let device = self.new_device.as_deref().or(origin.device.as_deref());
        binding::bound(&self.token, device, origin.certificate.as_deref()).map(|t| Actor::from_token(&t))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Browser,
    Token,
}

/// What passed, and by which methods.
#[derive(Debug)]
pub struct Passed {
    pub account_id: Uuid,
    pub attempt: Uuid,
    pub methods: Vec<Method>,
    /// The id that the session will have.
    session: Uuid,
    totp_step: Option<i64>,
    recovery: Option<[u8; 32]>,
    pre: Option<[u8; 32]>,
}

impl Passed {
    pub fn by(methods: Vec<Method>, account_id: Uuid, attempt: Uuid) -> Self {
        Self {
            account_id,
            attempt,
            methods,
            session: Uuid::now_v7(),
            totp_step: None,
            recovery: None,
            pre: None,
        }
    }

    /// The second half of a sign-in that began with the password; that half is over with it.
    pub fn after(self, pre: [u8; 32]) -> Self {
        Self { pre: Some(pre), ..self }
    }
}

/// Under which the tries for an ID are counted, known or not. `sec.login_hash` is the same.
pub fn login_hash(login: &str) -> [u8; 32] {
    token::sha256(format!("renkei/login/v1|{login}").as_bytes())
}

/// IDs are typed by people: surrounding space, case and full-width letters do not matter.
pub fn fold_login(raw: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    raw.trim().nfkc().collect::<String>().to_lowercase()
}

async fn begin(app: &App, login: &str, attempt: Uuid, origin: &Origin) -> Result<store::Begun> {
    let begun =
        store::begin(app, attempt, login, &login_hash(login), device_hash(origin).as_ref(), &origin.block)
            .await?;
    if begun.wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(begun.wait).unwrap_or(60) });
    }
    Ok(begun)
}

pub fn device_hash(origin: &Origin) -> Option<[u8; 32]> {
    origin.device.as_deref().map(token::hash)
}

/// ID, password and, where the account has one, the code, all at once: the JSON API's way in.
pub async fn sign_in(app: &App, proof: Proof, origin: &Origin, kind: Kind, remember: bool) -> Result<Opened> {
    let login = fold_login(&proof.login_id);
    let attempt = Uuid::now_v7();
    let begun = begin(app, &login, attempt, origin).await?;
    let right = password::verify(proof.password, begun.password_hash.clone()).await?;
    let Some(account_id) = begun.account_id.filter(|_| right) else {
        return refuse(app, begun.account_id).await;
    };
    let mut passed = Passed::by(vec![Method::Password], account_id, attempt);
    if begun.has_second_factor() {
        match proof.code.as_deref().map(str::trim).filter(|c| !c.is_empty()) {
            Some(code) => second_factor(app, &begun, code, &mut passed).await?,
            None if begun.remembered => passed.methods.push(Method::RememberedDevice),
            None => return Err(Error::SecondFactorRequired),
        }
    }
    open(app, login_hash(&login), passed, origin, kind, remember).await
}

/// The form's first page: the password. `Err(SecondFactorRequired)` never comes; a token for the second page does.
#[derive(Debug)]
pub enum FirstStep {
    In(Opened),
    CodeWanted { pre_token: String },
}

pub async fn first_step(app: &App, proof: Proof, origin: &Origin) -> Result<FirstStep> {
    let login = fold_login(&proof.login_id);
    let attempt = Uuid::now_v7();
    let begun = begin(app, &login, attempt, origin).await?;
    let right = password::verify(proof.password, begun.password_hash.clone()).await?;
    let Some(account_id) = begun.account_id.filter(|_| right) else {
        return refuse(app, begun.account_id).await;
    };
    let passed = Passed::by(vec![Method::Password], account_id, attempt);
    after_first(app, &login, passed, &begun, origin).await
}

/// Something that the person knows has passed; asks for the second factor where there is one and no remembered device.
async fn after_first(
    app: &App,
    login: &str,
    mut passed: Passed,
    begun: &store::Begun,
    origin: &Origin,
) -> Result<FirstStep> {
    if begun.has_second_factor() && !begun.remembered {
        let pre_token = token::fresh();
        let device = device_hash(origin);
        store::half(app, &token::hash(&pre_token), passed.account_id, passed.attempt, device.as_ref())
            .await?;
        return Ok(FirstStep::CodeWanted { pre_token });
    }
    if begun.has_second_factor() {
        passed.methods.push(Method::RememberedDevice);
    }
    open(app, login_hash(login), passed, origin, Kind::Browser, false).await.map(FirstStep::In)
}

/// An identity provider vouches for the person instead of the password: `how` is [`Method::Outside`] or, where it says that
/// it has seen two factors, [`Method::OutsideTwo`]. Whoever has to wait waits here too; the word itself is no guess, and
/// the code that follows is counted as ever.
pub async fn vouched_for(app: &App, login: &str, how: Method, origin: &Origin) -> Result<FirstStep> {
    let attempt = Uuid::now_v7();
    let begun = begin(app, login, attempt, origin).await?;
    store::forget(app, attempt).await?;
    let Some(account_id) = begun.account_id else { return refuse(app, None).await };
    let passed = Passed::by(vec![how], account_id, attempt);
    if factors::suffice(&passed.methods) {
        return open(app, login_hash(login), passed, origin, Kind::Browser, false).await.map(FirstStep::In);
    }
    after_first(app, login, passed, &begun, origin).await
}

/// An identity that is nobody's here. `WrongCredentials`, always.
pub async fn refuse_identity<T>(app: &App) -> Result<T> {
    refuse(app, None).await
}

/// The form's second page: the code.
pub async fn second_step(
    app: &App,
    pre_token: &str,
    code: &str,
    origin: &Origin,
    remember: bool,
) -> Result<Opened> {
    let pre = token::hash(pre_token);
    let Some(login) = store::halved(app, &pre).await? else { return Err(Error::NotSignedIn) };
    let attempt = Uuid::now_v7();
    let begun = begin(app, &login, attempt, origin).await?;
    let account_id = begun.account_id.ok_or(Error::WrongCredentials)?;
    let mut passed = Passed::by(vec![Method::Password], account_id, attempt).after(pre);
    second_factor(app, &begun, code, &mut passed).await?;
    open(app, login_hash(&login), passed, origin, Kind::Browser, remember).await
}

/// The login of whoever is in the middle of signing in.
pub async fn halved(app: &App, pre_token: &str) -> Result<Option<String>> {
    store::halved(app, &token::hash(pre_token)).await
}

async fn second_factor(app: &App, begun: &store::Begun, code: &str, passed: &mut Passed) -> Result<()> {
    if let Some(step) = code_step(app, passed.account_id, begun, code).await? {
        passed.totp_step = Some(step);
        passed.methods.push(Method::Totp);
        return Ok(());
    }
    let hash = totp::recovery_hash(passed.account_id, code);
    if !store::recovery_codes(app, passed.account_id).await?.contains(&hash.to_vec()) {
        return refuse(app, begun.account_id).await;
    }
    passed.recovery = Some(hash);
    passed.methods.push(Method::RecoveryCode);
    Ok(())
}

/// The step of the app's code, if it is one of now that is not burnt. Whoever has only passkeys has no such code.
async fn code_step(app: &App, account: Uuid, begun: &store::Begun, code: &str) -> Result<Option<i64>> {
    let Some(sealed) = begun.totp_secret.as_deref() else { return Ok(None) };
    let secret = open_secret(app, account, sealed).await?;
    let step = totp::check(&secret, code, app.unix_seconds())?;
    Ok(step.filter(|step| *step > begun.totp_last_step))
}

/// A try that did not succeed: noted, counted, one answer for all.
pub async fn refuse<T>(app: &App, account: Option<Uuid>) -> Result<T> {
    // Written for an unknown ID too: the same work, so the same time.
    store::refused(app, account).await?;
    app.watch.metrics.sign_in_failures.inc();
    Err(Error::WrongCredentials)
}

/// The end of a sign-in: a session under a new token. `counted` is under what its tries were counted.
pub async fn open(
    app: &App,
    counted: [u8; 32],
    passed: Passed,
    origin: &Origin,
    kind: Kind,
    remember: bool,
) -> Result<Opened> {
    let certificate = origin.certificate.as_deref();
    let session_token = match kind {
        Kind::Browser => binding::fresh_for_browser(),
        Kind::Token => binding::fresh_bearer(certificate),
    };
    let device_token = token::fresh();
    let known_by = |device: Option<&str>| binding::bound(&session_token, device, certificate);
    let new_hash = known_by(Some(&device_token)).map(|t| token::hash(&t));
    // A browser without a device token gets one now.
    let shown_hash = known_by(origin.device.as_deref()).map(|t| token::hash(&t)).or(new_hash);
    let token_hash = shown_hash.ok_or_else(|| Error::internal("a session is bound to what there is"))?;
    let done = store::done(
        app,
        &store::Done {
            attempt: passed.attempt,
            login_hash: counted,
            account: passed.account_id,
            pre: passed.pre,
            session: passed.session,
            token_hash,
            new_token_hash: new_hash,
            kind: match kind {
                Kind::Browser => "browser",
                Kind::Token => "token",
            },
            device_hash: device_hash(origin),
            new_device: Uuid::now_v7(),
            new_device_hash: token::hash(&device_token),
            device_name: origin.device_name.clone(),
            device_kind: origin.device_kind,
            certificate: certificate.and_then(|c| hex::decode(c).ok()),
            remember,
            factors: factors::codes(&passed.methods),
            totp_step: passed.totp_step,
            recovery: passed.recovery,
            idle: Some(SignedDuration::from_mins(i64::from(app.config.sign_in.idle_minutes))),
            ttl: SignedDuration::from_hours(i64::from(app.config.sign_in.session_hours)),
        },
    )
    .await
    .map_err(|e| if matches!(e, Error::NotSignedIn) { Error::WrongCredentials } else { e })?;
    Ok(Opened {
        token: session_token,
        expires_at: done.expires_at,
        new_device: done.new_device.then_some(device_token),
        enrolling: done.enrolling,
        pending: done.pending,
        account_id: passed.account_id,
        language: language::chosen(app, passed.account_id).await?,
    })
}

/// A session that nobody signed in to. Only `renkei demo`, benches and tests call this; nothing that `serve` answers does.
#[derive(Debug, Clone, Copy)]
pub struct Trusted {
    /// `None`: does not lock by itself.
    pub idle: Option<SignedDuration>,
}

impl Default for Trusted {
    fn default() -> Self {
        Self { idle: Some(SignedDuration::from_mins(15)) }
    }
}

pub async fn trusted_session(app: &App, account: Uuid, how: Trusted) -> Result<Opened> {
    let (session_token, device_token) = (token::fresh(), token::fresh());
    let done = store::done(
        app,
        &store::Done {
            attempt: Uuid::now_v7(),
            login_hash: [0; 32],
            account,
            pre: None,
            session: Uuid::now_v7(),
            token_hash: token::hash(&session_token),
            new_token_hash: None,
            kind: "token",
            device_hash: None,
            new_device: Uuid::now_v7(),
            new_device_hash: token::hash(&device_token),
            device_name: "デモ用の鍵".into(),
            device_kind: "other",
            certificate: None,
            remember: false,
            factors: factors::codes(&[Method::Password, Method::Totp]),
            totp_step: None,
            recovery: None,
            idle: how.idle,
            ttl: SignedDuration::from_hours(i64::from(app.config.sign_in.session_hours)),
        },
    )
    .await?;
    Ok(Opened {
        token: session_token,
        expires_at: done.expires_at,
        new_device: None,
        enrolling: done.enrolling,
        pending: done.pending,
        account_id: account,
        language: None,
    })
}

/// The session in which a person sets up a new factor after a recovery: the password was shown, and nothing else counts.
pub async fn recovered(app: &App, account: Uuid, session: Uuid, origin: &Origin) -> Result<Opened> {
    let passed = Passed { session, ..Passed::by(vec![Method::Password], account, Uuid::now_v7()) };
    open(app, [0; 32], passed, origin, Kind::Browser, false).await
}

/// What to show on the enrolment page; the same secret on every reload until it is confirmed.
#[derive(Debug)]
pub struct Offer {
    pub login_id: String,
    pub enrolment: totp::Enrolment,
}

pub async fn offer_enrolment(app: &App, session_token: &str) -> Result<Offer> {
    let (_, login_id, secret) = offered(app, session_token).await?;
    Ok(Offer { enrolment: totp::enrolment(&secret, &login_id)?, login_id })
}

async fn offered(app: &App, session_token: &str) -> Result<(Uuid, String, Vec<u8>)> {
    let hash = token::hash(session_token);
    let account = store::session_state(app, &hash).await?.ok_or(Error::NotSignedIn)?.account_id;
    let sealed = seal_secret(app, account, &totp::fresh_secret()).await?;
    let (login, sealed) = store::enrol_offer(app, &hash, &sealed).await?;
    Ok((account, login, open_secret(app, account, &sealed).await?))
}

/// App authentication is set up.
#[derive(Debug)]
pub struct Enrolled {
    /// Ten recovery codes, shown once; none where another second factor was there before.
    pub codes: Option<Vec<String>>,
    /// The session's new token.
    pub token: Renewed,
}

/// Confirms the authenticator with its first code; the first second factor also makes the recovery codes.
pub async fn confirm_enrolment(
    app: &App,
    session_token: &str,
    code: &str,
    origin: &Origin,
) -> Result<Enrolled> {
    let (account, _, secret) = offered(app, session_token).await?;
    let Some(step) = totp::check(&secret, code, app.unix_seconds())? else {
        return Err(Error::WrongCredentials);
    };
    let (codes, hashes) = recovery_codes(account);
    let (fresh, hash) = origin.renewed();
    let (first, renewed) =
        store::enrol_confirm(app, &token::hash(session_token), step, &hashes, &hash).await?;
    Ok(Enrolled { codes: first.then_some(codes), token: renewed.then_some(fresh) })
}

/// New recovery codes, and as they are stored.
pub fn recovery_codes(account: Uuid) -> (Vec<String>, Vec<Vec<u8>>) {
    let codes = totp::fresh_recovery_codes();
    let hashes = codes.iter().map(|c| totp::recovery_hash(account, c).to_vec()).collect();
    (codes, hashes)
}

/// By what a sign-in whose password was right may go on; `None` when its five minutes are over.
pub async fn second_step_ways(app: &App, pre_token: &str) -> Result<Option<Ways>> {
    store::second_step_ways(app, &token::hash(pre_token)).await
}

/// TOTP secrets are sealed under the master key: a dump alone does not let anybody make codes.
pub async fn seal_secret(app: &App, account: Uuid, secret: &[u8; totp::SECRET_BYTES]) -> Result<Vec<u8>> {
    let mut padded = [0; 32];
    padded[..totp::SECRET_BYTES].copy_from_slice(secret);
    app.keys.seal_secret(padded, &secret_context(account)).await
}

pub async fn open_secret(app: &App, account: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
    let padded = app.keys.open_secret(sealed, &secret_context(account)).await?;
    Ok(padded.expose()[..totp::SECRET_BYTES].to_vec())
}

fn secret_context(account: Uuid) -> Vec<u8> {
    [b"renkei/totp/v1".as_slice(), account.as_bytes()].concat()
}

/// Locks the session: its streams close, its pages blank, its drafts stay on the device.
pub async fn lock(app: &App, who: &Actor) -> Result<()> {
    store::lock(app, &who.key()).await?;
    app.hub.wake();
    Ok(())
}

/// Ends the session, whatever its state.
pub async fn sign_out(app: &App, who: &Actor) -> Result<()> {
    store::sign_out(app, &who.key()).await?;
    app.hub.wake();
    Ok(())
}

pub use store::State as SessionState;

/// The state of a session as its own browser may know it: `enrolling`, `active` or `locked`, and whose it is.
pub async fn state(app: &App, who: &Actor) -> Result<Option<SessionState>> {
    store::session_state(app, &who.key()).await
}
