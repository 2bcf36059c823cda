-- The hash of a record and the root of a stream, byte for byte as crates/record computes them (its tests compare both).
--
-- The header is written by hand in the key order of RFC 8785: everything in it is a UUID, a number, a hexadecimal
-- string, a time or one of the known kinds, so nothing ever needs an escape. A `kind` with any other character than
-- a-z and _ gives NULL, and so does any missing argument but p_files: a NOT NULL column then refuses the record.
--
-- The two hashes are one RETURN expression each, without a SET clause, so that the planner can inline them; such a body
-- is resolved when the function is made, and the caller's search_path cannot change its meaning. STABLE rather than
-- IMMUTABLE because to_char is: an IMMUTABLE function around a STABLE one is not inlined.

-- A loop, because an aggregate over unnest costs four times as much; named functions, because here operators would be
-- looked up in the caller's search_path. NULL when one of the digests is.
CREATE FUNCTION sec.files_json(p_files bytea[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  list text := '["';
  digest bytea;
BEGIN
  FOREACH digest IN ARRAY p_files LOOP
    list := pg_catalog.textcat(list, pg_catalog.textcat(pg_catalog.encode(digest, 'hex'), '","'));
  END LOOP;
  RETURN pg_catalog.textcat(pg_catalog.rtrim(list, '",'), '"]');
END $$;

CREATE FUNCTION sec.record_hash(
  p_deployment uuid, p_stream uuid, p_seq bigint, p_kind text, p_author uuid, p_entered_by uuid, p_facility uuid,
  p_at timestamptz, p_client_id uuid, p_files bytea[], p_prev bytea, p_commitment bytea
) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.sha256('\x72656e6b65692f7265636f72642f763100'::bytea || pg_catalog.convert_to(
  '{"at":"' || pg_catalog.to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  || '","author":"' || p_author::text
  || '","client_id":"' || p_client_id::text
  || '","commitment":"' || pg_catalog.encode(p_commitment, 'hex')
  || '","deployment":"' || p_deployment::text
  || '","entered_by":"' || p_entered_by::text
  || '","facility":"' || p_facility::text
  || '","files":' || CASE WHEN pg_catalog.cardinality(p_files) > 0 THEN sec.files_json(p_files) ELSE '[]' END
  || ',"format":"renkei/record/v1","kind":"' || CASE WHEN p_kind ~ '^[a-z_]+$' THEN p_kind END
  || '","prev":"' || pg_catalog.encode(p_prev, 'hex')
  || '","seq":' || p_seq::text
  || ',"stream":"' || p_stream::text || '"}', 'UTF8'));

CREATE FUNCTION sec.stream_root(p_deployment uuid, p_stream uuid, p_kind text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.sha256('\x72656e6b65692f73747265616d2f763100'::bytea || pg_catalog.convert_to(
  '{"deployment":"' || p_deployment::text
  || '","kind":"' || CASE WHEN p_kind ~ '^[a-z_]+$' THEN p_kind END
  || '","stream":"' || p_stream::text || '"}', 'UTF8'));
