-- What check_ledger and the checkpoints ask. Nothing here changes money; the two that write only add a row of their own.

-- One spelling per value, as ledger/entries.py spells it: sorted keys, no spaces.
CREATE OR REPLACE FUNCTION ledger_canonical(p_value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF p_value = '{}' THEN
        RETURN '{}';
    ELSIF jsonb_typeof(p_value) = 'object' THEN
        RETURN (SELECT '{' || string_agg(to_json(o.key)::text || ':' || ledger_canonical(o.value), ',' ORDER BY o.key COLLATE "C") || '}'
                  FROM jsonb_each(p_value) AS o);
    ELSIF jsonb_typeof(p_value) = 'array' THEN
        RETURN (SELECT '[' || coalesce(string_agg(ledger_canonical(l.value), ',' ORDER BY l.no), '') || ']'
                  FROM jsonb_array_elements(p_value) WITH ORDINALITY AS l (value, no));
    END IF;
    RETURN p_value::text;
END $$;

-- The hash an entry was posted with, from what is in the books now. ``p_legs`` are the caller's lines, spelt as JSON.
CREATE OR REPLACE FUNCTION ledger_request_hash(p_kind text, p_details jsonb, p_reference text, p_reverses uuid, p_legs text)
RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('{"details":' || ledger_canonical(p_details) || ',"kind":' || to_json(p_kind)::text || ',"legs":[' || p_legs
        || '],"reference":' || to_json(p_reference)::text || ',"reverses":' || coalesce('"' || p_reverses || '"', 'null') || '}', 'UTF8'))
$$;

-- The leaves of a checkpoint: each balance with the number and hash of the last posting before its first one (by seq) of a
-- transaction at or past the watermark. Later seqs wait for the next checkpoint even if their transaction is older: numbers of
-- transactions are given before balances are locked. A balance without such a posting is no leaf.
CREATE OR REPLACE FUNCTION ledger_leaves(p_book integer, p_watermark xid8) RETURNS TABLE (id bigint, seq bigint, head bytea)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH late AS MATERIALIZED (
        SELECT p.account, p.stripe, min(p.seq) AS seq FROM ledger_entry e
          JOIN ledger_posting p ON p.book = e.book AND p.entry = e.id
         WHERE e.book = p_book AND (e.tx::text::bigint) >= p_watermark::text::bigint GROUP BY p.account, p.stripe)
    SELECT b.id, coalesce(l.seq - 1, b.seq), coalesce(p.hash, b.head)
      FROM ledger_balance b
      LEFT JOIN late l ON l.account = b.account AND l.stripe = b.stripe
      LEFT JOIN LATERAL (SELECT p.hash FROM ledger_posting p
                          WHERE p.book = b.book AND p.account = b.account AND p.stripe = b.stripe AND p.seq = l.seq - 1) p ON true
     WHERE b.book = p_book AND coalesce(l.seq - 1, b.seq) >= 1
     ORDER BY b.id
$$;

-- Adds a signed checkpoint after the last one. The database cannot sign: the key is not in it.
CREATE OR REPLACE FUNCTION ledger_checkpoint_add(
    p_book integer, p_no integer, p_watermark xid8, p_count bigint, p_root bytea, p_previous bytea, p_created_at timestamptz,
    p_key_id text, p_signature bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_last ledger_checkpoint;
BEGIN
    SELECT c.* INTO v_last FROM ledger_checkpoint c WHERE c.book = p_book ORDER BY c.no DESC LIMIT 1;
    IF p_no <> coalesce(v_last.no, 0) + 1 OR p_previous IS DISTINCT FROM v_last.root OR p_watermark < v_last.watermark THEN
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'another checkpoint was signed meanwhile';
    END IF;
    INSERT INTO ledger_checkpoint (book, no, watermark, count, root, previous_root, signature, created_at, key_id)
    VALUES (p_book, p_no, p_watermark, p_count, p_root, p_previous, p_signature, p_created_at, p_key_id);
END $$;

-- Notes what a look at the whole ledger found. Returns its number.
CREATE OR REPLACE FUNCTION ledger_note_check(
    p_book integer, p_begun_at timestamptz, p_took_ms bigint, p_postings bigint, p_since timestamptz, p_wrong jsonb
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_no integer := coalesce((SELECT max(c.no) FROM ledger_check c WHERE c.book = p_book), 0) + 1;
BEGIN
    INSERT INTO ledger_check (book, no, postings, took_ms, begun_at, since, wrong)
    VALUES (p_book, v_no, p_postings, p_took_ms, p_begun_at, p_since, p_wrong);
    RETURN v_no;
END $$;
