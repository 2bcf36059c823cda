-- Files go along when a team post is let through to the family (decision 0042).
SET LOCAL ROLE renkei_sec;
-- As in V35, with the files that the family post carries, each key sealed under the family's data key. Here they need not be the caller's own
-- uploads: a member lets through what the team post shows her. The record of the family post has named them before, so what it names and what
-- comes here must be the same in the same order, and nothing is added to a post that has its files. RK422 for a file that the team post does
-- not carry, or that the scan refused. The one of V35 stays, for nodes of the version before and for what it asks of the team post.
CREATE FUNCTION act.note_release(p_post uuid, p_source uuid, p_file_ids uuid[], p_file_keys bytea[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE c sec.context := sec.must(); p care.post;
BEGIN
  SELECT x.* INTO p FROM care.post x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'family' WHERE x.id = p_post AND x.author_id = c.account_id AND x.kind = 'post';
  IF NOT FOUND THEN RAISE EXCEPTION 'no such post' USING ERRCODE = 'RK404'; END IF;
  IF EXISTS (SELECT 1 FROM care.release r WHERE r.post_id = p_post AND r.source_id = p_source) THEN RETURN; END IF;
  PERFORM act.note_release(p_post, p_source);
  IF pg_catalog.cardinality(p_file_ids) <> pg_catalog.cardinality(p_file_keys)
    OR EXISTS (SELECT 1 FROM care.post_file x WHERE x.post_id = p_post)
    -- A file that may not go along is a NULL here, which no record names.
    OR p.files IS DISTINCT FROM (SELECT coalesce(pg_catalog.array_agg(f.sha256 ORDER BY u.o), '{}') FROM pg_catalog.unnest(p_file_ids) WITH ORDINALITY u(id, o)
      LEFT JOIN (care.file f JOIN care.file_state t ON t.file_id = f.id AND t.state <> 'refused' JOIN care.post_file x ON x.file_id = f.id AND x.post_id = p_source) ON f.id = u.id) THEN
    RAISE EXCEPTION 'not a file of this post' USING ERRCODE = 'RK422';
  END IF;
  INSERT INTO care.post_file SELECT p_post, u.o, u.id, p.stream_id, p.group_id, p.seq, u.k
    FROM ROWS FROM (pg_catalog.unnest(p_file_ids), pg_catalog.unnest(p_file_keys)) WITH ORDINALITY u(id, k, o);
END $$;
-- The team post of which a family post was made is corrected or withdrawn: its files close for the family too. Whoever corrects a post first
-- and withdraws the correction then means the photo as well. The words, which somebody wrote for the family in her own name, stay hers to take back.
CREATE FUNCTION sec.source_is_another_now(p_post uuid) RETURNS bool LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM care.release r JOIN care.post w ON w.target = r.source_id AND w.kind IN ('correction', 'withdrawal') WHERE r.post_id = p_post)
$$;
-- Both as in V48, but for that.
CREATE OR REPLACE FUNCTION fam.file(p_token_hash bytea, p_carried uuid, p_opens bool) RETURNS TABLE (id uuid, facility_id uuid, name bytea, class text, media_type text, family text, bytes bigint, sealed_sha256 bytea,
  has_thumbnail bool, state text, stream_id uuid, group_id uuid, post_key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE s sec.relative_session := sec.kin_session(p_token_hash, 'active'); x care.post_file; c sec.context;
BEGIN
  SELECT p.* INTO x FROM care.relative r JOIN care.stream t ON t.group_id = r.group_id AND t.kind = 'family' JOIN care.post_file p ON p.stream_id = t.id AND p.file_id = p_carried
    WHERE r.account_id = s.account_id AND sec.is_now(r) AND NOT sec.source_is_another_now(p.post_id)
      AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.post_id AND w.kind IN ('withdrawal', 'correction')) ORDER BY p.seq DESC LIMIT 1;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such file' USING ERRCODE = 'RK404'; END IF;
  c := sec.kin(p_token_hash, x.group_id);
  IF p_opens THEN PERFORM sec.kin_log(c, 'viewed_file', x.group_id, p_carried); END IF;
  RETURN QUERY SELECT f.id, f.facility_id, f.name, f.class, f.media_type, f.family, f.bytes, f.sealed_sha256, f.has_thumbnail, f.state, x.stream_id, x.group_id, x.wrapped_key
    FROM sec.kept_files(ARRAY[p_carried]) f;
END $$;
CREATE OR REPLACE FUNCTION fam.files_now(p_token_hash bytea, p_group uuid, p_posts uuid[]) RETURNS TABLE (id uuid, state text, has_thumbnail bool, family text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE c sec.context := sec.kin(p_token_hash, p_group);
BEGIN
  RETURN QUERY SELECT f.id, f.state, f.has_thumbnail, f.family FROM sec.kept_files(ARRAY(SELECT x.file_id FROM care.post_file x JOIN care.stream s ON s.id = x.stream_id AND s.kind = 'family' AND s.group_id = p_group
    WHERE x.post_id = ANY (p_posts) AND NOT sec.source_is_another_now(x.post_id))) f;
END $$;

REVOKE ALL ON FUNCTION act.note_release(uuid, uuid, uuid[], bytea[]), sec.source_is_another_now(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.note_release(uuid, uuid, uuid[], bytea[]) TO renkei_app;
SET LOCAL ROLE renkei_owner;
