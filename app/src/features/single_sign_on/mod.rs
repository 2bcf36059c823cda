//! Single sign-on: an identity that a professional identity provider vouches for, tied to the one account.
//!
//! *Owns* `sec.linked_identity`, `sec.way_out`. *Emits* nothing; sign-in opens the session. *Needs* sign-in (the second factor,
//! the counted tries, the end of every sign-in), the outbound client. *Who*: anybody may come back from a provider; only a
//! signed-in person who has just confirmed who she is ties an identity to her own account, or unties one.
//!
//! Authorization code flow with PKCE S256, state, nonce and the issuer of the answer: OpenID Connect Core 1.0 §3.1, RFC 7636,
//! RFC 9207, and RFC 9700 where they leave a choice. No refresh token, no call for the person's data, no groups: the subject
//! of the ID token is all that is taken. Signing out here ends the session here; the provider is not told.

pub mod acts;
mod id_token;
mod metadata;
mod provider;
pub mod routes;
mod rules;
mod store;
pub mod views;

pub use provider::Providers;
