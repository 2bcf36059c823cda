//! Statements over the runs, and over what a restored database holds.

pub(super) const HEARTBEAT: &str = "SELECT act.heartbeat()";
pub(super) const NOTE: &str = "SELECT act.note_backup_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(super) const FACTS: &str = "SELECT kind, outcome, started_at, finished_at, generation, to_time, bytes, records, files, missing, immutable, code FROM act.backup_facts()";

/// For the verifier: the ends of all chains.
pub(super) const HEADS: &str = "SELECT d.id, h.stream_id, h.seq, h.hash FROM care.stream_head h CROSS JOIN care.deployment d ORDER BY h.stream_id";
/// The last that was signed of the log, or, where it has begun and nothing is signed yet, of the one before it; and the log's number.
pub(super) const LAST_NOTE: &str = "SELECT CASE WHEN c.epoch >= coalesce(p.number, 0) THEN c.note ELSE p.previous END, greatest(c.epoch, p.number)
  FROM (SELECT epoch, note FROM care.checkpoint ORDER BY epoch DESC, size DESC LIMIT 1) c
    FULL JOIN (SELECT number, previous FROM care.log_epoch ORDER BY number DESC LIMIT 1) p ON true";
/// The log of the imported deployment comes after that of the one it was exported from.
pub(super) const LOG_AFTER: &str =
    "INSERT INTO care.log_epoch VALUES ($1, $2, $3, pg_catalog.clock_timestamp())";
pub(super) const LAST_POST: &str = "SELECT max(at) FROM care.post";
/// One record of a stream, whatever table it is in.
pub(super) const HASH_AT: &str = "SELECT r.hash FROM care.post r WHERE r.stream_id = $1 AND r.seq = $2
  UNION ALL SELECT r.hash FROM care.receipt r WHERE r.stream_id = $1 AND r.seq = $2
  UNION ALL SELECT r.hash FROM care.membership_event r WHERE r.stream_id = $1 AND r.seq = $2
  UNION ALL SELECT r.hash FROM care.face_sheet_version r WHERE r.stream_id = $1 AND r.seq = $2
  UNION ALL SELECT r.hash FROM care.observation r WHERE r.stream_id = $1 AND r.seq = $2";
/// How far each kind of record goes, in words for the report.
pub(super) const COUNTS: &str = "SELECT s.kind, count(*), sum(h.seq)::bigint FROM care.stream s JOIN care.stream_head h ON h.stream_id = s.id GROUP BY s.kind ORDER BY s.kind";

/// Some file that may be opened, with what opens it.
pub(super) const SOME_FILE: &str = "SELECT f.id, f.facility_id, f.facility_key_version, k.wrapped AS facility_key, f.wrapped_key, f.sealed_sha256
  FROM care.file f JOIN care.facility_key k ON k.facility_id = f.facility_id AND k.version = f.facility_key_version ORDER BY random() LIMIT 1";

/// For the superuser of a cluster that was just restored: live cursors of before are not taken up again.
pub(super) const NEW_EPOCH: &str = "INSERT INTO care.epoch (id, at, reason) VALUES (pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp(), $1)";
/// On a connection of its own: one publishes at a time, so that what is written and its signature belong together.
pub(super) const PUBLISH: &str = "SELECT pg_catalog.pg_try_advisory_lock(7236475)";

pub(super) const NOTE_KEPT: &str = "SELECT act.note_generations($1, $2)";
pub(super) const KEPT: &str = "SELECT at, whole, damaged, first_at FROM act.generations_kept()";
