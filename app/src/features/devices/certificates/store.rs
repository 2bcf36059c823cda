//! Statements on the authority and on certificates.

/// As the job role: the newest authority first, of which there is one.
pub const AUTHORITY: &str = "SELECT id, certificate, wrapped, sealed FROM act.device_authority()";
pub const KEEP_AUTHORITY: &str = "SELECT act.keep_device_authority($1, $2, $3, $4)";
pub const REVOKED: &str = "SELECT r FROM act.revoked_certificates() r";

/// As the sign-in role: whoever holds a permission is nobody yet.
pub const OFFERED: &str = "SELECT facility, name, expires_at FROM act.device_enrolment($1)";
pub const ENROL: &str = "SELECT act.enrol_device($1, $2, $3, $4, $5)";

/// As the facility's admin.
pub const OFFER: &str = "SELECT act.offer_device_certificate($1, $2, $3)";
pub const MINE: &str =
    "SELECT id, name, serial, made_at, not_after, revoked_at, last_used FROM act.certificates_of_mine()";
pub const REVOKE: &str = "SELECT act.revoke_certificate($1)";
