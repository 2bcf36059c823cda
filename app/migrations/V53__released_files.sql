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
    OR p.files <> (SELECT coalesce(pg_catalog.array_agg(f.sha256 ORDER BY u.o), '{}') FROM pg_catalog.unnest(p_file_ids) WITH ORDINALITY u(id, o) JOIN care.file f ON f.id = u.id
      JOIN care.file_state t ON t.file_id = f.id AND t.state <> 'refused' WHERE EXISTS (SELECT 1 FROM care.post_file x WHERE x.post_id = p_source AND x.file_id = f.id)) THEN
    RAISE EXCEPTION 'not a file of this post' USING ERRCODE = 'RK422';
  END IF;
  INSERT INTO care.post_file SELECT p_post, u.o, u.id, p.stream_id, p.group_id, p.seq, u.k
    FROM ROWS FROM (pg_catalog.unnest(p_file_ids), pg_catalog.unnest(p_file_keys)) WITH ORDINALITY u(id, k, o);
END $$;
REVOKE ALL ON FUNCTION act.note_release(uuid, uuid, uuid[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act.note_release(uuid, uuid, uuid[], bytea[]) TO renkei_app;
SET LOCAL ROLE renkei_owner;
