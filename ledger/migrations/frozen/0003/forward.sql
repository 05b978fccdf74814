ALTER TABLE ledger_hold_event ADD COLUMN hash bytea;
ALTER TABLE ledger_checkpoint ADD COLUMN IF NOT EXISTS key_id text; -- there after a way back
ALTER TABLE ledger_checkpoint ALTER COLUMN key_id SET NOT NULL;
CREATE INDEX ledger_entry_by_tx ON ledger_entry USING brin (book, (tx::text::bigint)) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger_account_event (
    book        integer     NOT NULL DEFAULT 1,
    no          integer     NOT NULL,
    flags       smallint    NOT NULL,
    account     bigint      NOT NULL,
    floor       bigint,
    ceiling     bigint,
    at          timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    kind        text        NOT NULL,
    hash        bytea       NOT NULL,
    CONSTRAINT ledger_account_event_pkey PRIMARY KEY (book, account, no),
    CONSTRAINT ledger_account_event_kind_check CHECK (kind IN ('OPENED', 'FLAGGED', 'LIMITED', 'CLOSED')),
    CONSTRAINT ledger_account_event_hash_check CHECK (octet_length(hash) = 32)
);

CREATE TABLE ledger_check (
    book        integer     NOT NULL DEFAULT 1,
    no          integer     NOT NULL,
    postings    bigint      NOT NULL,
    took_ms     bigint      NOT NULL,
    begun_at    timestamptz NOT NULL,
    since       timestamptz,
    wrong       jsonb       NOT NULL,          -- the first wrong rows: [[check, where, found], …]
    CONSTRAINT ledger_check_pkey PRIMARY KEY (book, no),
    CONSTRAINT ledger_check_wrong_check CHECK (jsonb_typeof(wrong) = 'array')
);

CREATE TRIGGER ledger_account_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account_event
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_check_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_check
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Trails: what happened to accounts and holds, as chains of their own. They are rare, so the hot rows stay narrow.

-- What an account was opened as. The first link of its trail follows from it.
CREATE OR REPLACE FUNCTION ledger_account_seal(p_account ledger_account) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(p_account.book, p_account.id, p_account.public_id, p_account.owner_kind, p_account.owner_id,
        p_account.code, p_account.kind, p_account.currency, p_account.stripes, extract(epoch FROM p_account.opened_at))::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger_account_link(p_head bytea, p_event ledger_account_event) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(p_head || convert_to(jsonb_build_array(p_event.book, p_event.no, p_event.flags, p_event.account, p_event.floor,
        p_event.ceiling, extract(epoch FROM p_event.at), extract(epoch FROM p_event.created_at), p_event.kind)::text, 'UTF8'))
$$;

-- Notes what an account is now allowed. The caller has locked its balances (or just made them).
CREATE OR REPLACE FUNCTION ledger_note_account(p_book integer, p_account bigint, p_kind text, p_at timestamptz, p_created_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_last  ledger_account_event;
    v_event ledger_account_event;
BEGIN
    SELECT e.* INTO v_last FROM ledger_account_event e WHERE e.book = p_book AND e.account = p_account ORDER BY e.no DESC LIMIT 1;
    SELECT p_book, coalesce(v_last.no, 0) + 1, b.flags, b.account, b.floor, b.ceiling, p_at, p_created_at, p_kind, NULL INTO v_event
      FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
    v_event.hash := ledger_account_link(
        coalesce(v_last.hash, (SELECT ledger_account_seal(a) FROM ledger_account a WHERE a.book = p_book AND a.id = p_account)), v_event);
    INSERT INTO ledger_account_event SELECT v_event.*;
END $$;

-- What a hold was placed as. The first link of its trail follows from it.
CREATE OR REPLACE FUNCTION ledger_hold_seal(p_hold ledger_hold) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(p_hold.book, p_hold.id, p_hold.account, p_hold.destination, p_hold.amount,
                                               extract(epoch FROM p_hold.created_at), p_hold.reason)::text, 'UTF8'))
$$;

-- What a link of a hold's trail covers.
CREATE OR REPLACE FUNCTION ledger_hold_body(p_event ledger_hold_event) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(jsonb_build_array(p_event.book, p_event.no, p_event.hold, p_event.amount, p_event.entry,
        extract(epoch FROM p_event.expires_at), extract(epoch FROM p_event.at), extract(epoch FROM p_event.created_at),
        p_event.kind)::text, 'UTF8')
$$;

-- Opening, freezing, limiting and closing accounts. Each is one call; stripes are locked in ascending order.

-- Opens an account, once per (owner kind, owner, code, currency): again it answers the account that is there.
-- Without an id the next number is taken. Stripes above 0 only receive, so their floor is 0 where the account has one.
CREATE OR REPLACE FUNCTION ledger_open_account(
    p_book integer, p_id bigint, p_public_id uuid, p_owner_kind text, p_owner_id uuid, p_code text, p_kind text,
    p_currency text, p_stripes integer, p_floor bigint, p_ceiling bigint, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_id  bigint := p_id;
    v_now timestamptz := clock_timestamp();
BEGIN
    IF p_stripes > 1 AND p_ceiling IS NOT NULL THEN
        PERFORM ledger_refuse('WL017', 'a striped account has no ceiling');
    END IF;
    LOOP
        SELECT a.id INTO v_id FROM ledger_account a
         WHERE a.book = p_book AND a.owner_id = p_owner_id AND a.owner_kind = p_owner_kind AND a.code = p_code AND a.currency = p_currency;
        IF FOUND THEN
            IF p_id IS NOT NULL AND p_id <> v_id THEN
                PERFORM ledger_refuse('WL015', 'the account has another id', jsonb_build_object('account_id', v_id));
            END IF;
            RETURN v_id;
        END IF;
        v_id := coalesce(p_id, nextval('ledger_account_number'));
        INSERT INTO ledger_account (book, stripes, id, public_id, owner_kind, owner_id, code, kind, currency, opened_at)
        VALUES (p_book, p_stripes, v_id, p_public_id, p_owner_kind, p_owner_id, p_code, p_kind, p_currency, p_at)
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
        IF p_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_account a WHERE a.book = p_book AND a.owner_id = p_owner_id AND a.owner_kind = p_owner_kind
                                           AND a.code = p_code AND a.currency = p_currency) THEN
            PERFORM ledger_refuse('WL015', 'the account id belongs to another account', jsonb_build_object('account_id', p_id));
        END IF;
    END LOOP;
    INSERT INTO ledger_balance (book, stripe, account, id, floor, ceiling, last_at, head)
    SELECT p_book, s.no, v_id, v_id * 64 + s.no, CASE WHEN s.no > 0 AND p_floor IS NOT NULL THEN 0 ELSE p_floor END, p_ceiling,
           v_now, ledger_genesis(p_book, v_id, s.no::smallint, p_public_id, p_currency)
      FROM generate_series(0, p_stripes - 1) AS s (no);
    PERFORM ledger_note_account(p_book, v_id, 'OPENED', p_at, v_now);
    RETURN v_id;
END $$;

-- Locks every stripe of an account in order.
CREATE OR REPLACE FUNCTION ledger_lock_account(p_book integer, p_account bigint) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account ORDER BY b.stripe FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('WL006', 'no such account', jsonb_build_object('account_id', p_account));
    END IF;
END $$;

-- Sets and clears the freezing flags (1 no debit, 2 no credit). Returns the flags as they are now.
CREATE OR REPLACE FUNCTION ledger_set_flags(p_book integer, p_account bigint, p_set integer, p_clear integer)
RETURNS smallint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_flags  smallint;
    v_before smallint;
BEGIN
    PERFORM ledger_lock_account(p_book, p_account);
    SELECT b.flags INTO v_before FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
    UPDATE ledger_balance AS b SET flags = (b.flags | (p_set & 3)) & ~(p_clear & 3)
     WHERE b.book = p_book AND b.account = p_account;
    SELECT b.flags INTO v_flags FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
    IF v_flags <> v_before THEN
        PERFORM ledger_note_account(p_book, p_account, 'FLAGGED', clock_timestamp(), clock_timestamp());
    END IF;
    RETURN v_flags;
END $$;

-- Closes an account with nothing on it and nothing held. Closing twice changes nothing.
CREATE OR REPLACE FUNCTION ledger_close_account(p_book integer, p_account bigint, p_at timestamptz)
RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_closed_at timestamptz;
    v_posted    numeric;
    v_held      numeric;
BEGIN
    PERFORM ledger_lock_account(p_book, p_account);
    SELECT a.closed_at INTO v_closed_at FROM ledger_account a WHERE a.book = p_book AND a.id = p_account;
    IF v_closed_at IS NOT NULL THEN
        RETURN v_closed_at;
    END IF;
    PERFORM ledger_lapse(p_book, p_account, p_at);
    SELECT sum(b.posted), sum(b.held) INTO v_posted, v_held FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account;
    IF v_posted <> 0 OR v_held <> 0 THEN
        PERFORM ledger_refuse('WL013', 'the account is not empty',
            jsonb_build_object('account_id', p_account, 'posted_minor', v_posted, 'held_minor', v_held));
    END IF;
    UPDATE ledger_balance AS b SET flags = b.flags | 4 WHERE b.book = p_book AND b.account = p_account;
    UPDATE ledger_account AS a SET closed_at = p_at WHERE a.book = p_book AND a.id = p_account;
    PERFORM ledger_note_account(p_book, p_account, 'CLOSED', p_at, clock_timestamp());
    RETURN p_at;
END $$;

-- Sets floor and ceiling. What is there must fit (the CHECKs refuse); a striped account keeps no ceiling and its kind of floor.
CREATE OR REPLACE FUNCTION ledger_set_limits(p_book integer, p_account bigint, p_floor bigint, p_ceiling bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM ledger_lock_account(p_book, p_account);
    IF EXISTS (SELECT FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 1
                  AND (p_ceiling IS NOT NULL OR (b.floor IS NULL) <> (p_floor IS NULL))) THEN
        PERFORM ledger_refuse('WL017', 'a striped account has no ceiling and keeps its kind of floor',
                              jsonb_build_object('account_id', p_account));
    END IF;
    UPDATE ledger_balance AS b SET floor = p_floor, ceiling = p_ceiling
     WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
    PERFORM ledger_note_account(p_book, p_account, 'LIMITED', clock_timestamp(), clock_timestamp());
END $$;

CREATE OR REPLACE FUNCTION ledger_note_hold(p_hold ledger_hold, p_kind text, p_amount bigint, p_entry uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_event ledger_hold_event := (p_hold.book, p_hold.version, p_hold.id, p_amount, p_entry, p_hold.expires_at, p_at,
                                  clock_timestamp(), p_kind, NULL);
    v_head  bytea := ledger_hold_seal(p_hold);
BEGIN
    IF p_hold.version > 1 THEN
        v_head := (SELECT e.hash FROM ledger_hold_event e WHERE e.book = p_hold.book AND e.hold = p_hold.id AND e.no = p_hold.version - 1);
    END IF;
    v_event.hash := sha256(v_head || ledger_hold_body(v_event));
    INSERT INTO ledger_hold_event SELECT v_event.*;
END $$;

-- Room for a batch, where that is due: lapsed holds of the short accounts end, their other stripes are gathered under one entry.
CREATE OR REPLACE FUNCTION ledger_batch_room(p_book integer, p_short bigint[], p_sweep uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_account record;
    v_created timestamptz := clock_timestamp();
    v_hash    bytea := sha256(convert_to('sweep', 'UTF8') || int8send(0) || uuid_send(p_sweep));
    v_seal    bytea := ledger_seal(p_sweep, pg_current_xact_id(), v_hash, p_at, v_created, 'ledger');
    v_line    integer := 20001;
BEGIN
    FOR v_account IN
        SELECT a.id, a.currency, a.stripes FROM unnest(p_short) AS s (account)
          CROSS JOIN LATERAL (SELECT * FROM ledger_account a WHERE a.book = p_book AND a.id = s.account OFFSET 0) a ORDER BY a.id
    LOOP
        PERFORM ledger_lapse(p_book, v_account.id, p_at);
        IF v_account.stripes > 1 THEN
            v_line := ledger_sweep(p_book, v_account.id, v_account.currency, p_sweep, v_seal, p_at, v_line);
        END IF;
    END LOOP;
    IF v_line > 20001 THEN
        INSERT INTO ledger_entry (book, id, kind, request_hash, effective_at, created_at, actor)
        VALUES (p_book, p_sweep, 'sweep', v_hash, p_at, v_created, 'ledger');
    END IF;
END $$;

-- Writes legs that were found right: their postings with the chain, their balances, their holds. One statement per table.
CREATE OR REPLACE FUNCTION ledger_batch_write(p_book integer, p_legs ledger_leg[], p_at timestamptz) RETURNS ledger_posting[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := clock_timestamp();
    v_rows ledger_posting[];
BEGIN
    SELECT array_agg((r.book, r.stripe, r.line, r.account, r.seq, r.entry, r.amount, r.posted_after, r.held_after, r.effective_at,
                      r.created_at, r.currency, r.hash)::ledger_posting ORDER BY r.account, r.stripe, r.seq)
      INTO v_rows
      FROM (
        SELECT s.*, ledger_chain(s.head, s.seal || int8send(s.seq) || int2send(s.line) || int8send(s.amount) || int8send(s.posted_after)
                                         || int8send(s.held_after) || timestamptz_send(s.created_at))
                        OVER (PARTITION BY s.account, s.stripe ORDER BY s.seq ROWS UNBOUNDED PRECEDING) AS hash
          FROM (
            SELECT b.book, l.stripe, l.line, l.account, b.seq + row_number() OVER w AS seq, l.entry, l.amount, l.currency,
                   (b.posted + sum(l.amount) OVER w)::bigint AS posted_after, (b.held - sum(l.covered) OVER w)::bigint AS held_after,
                   e.effective_at, greatest(b.last_at, v_now) AS created_at, b.head, e.seal
              FROM unnest(p_legs) AS l
              CROSS JOIN LATERAL (SELECT * FROM ledger_balance b
                                   WHERE b.book = p_book AND b.account = l.account AND b.stripe = l.stripe OFFSET 0) b
              CROSS JOIN LATERAL (SELECT e.effective_at, ledger_seal(e.id, e.tx, e.request_hash, e.effective_at, e.created_at, e.actor) AS seal
                                    FROM ledger_entry e WHERE e.book = p_book AND e.id = l.entry OFFSET 0) e
            WINDOW w AS (PARTITION BY l.account, l.stripe ORDER BY l.no, l.amount < 0, l.line ROWS UNBOUNDED PRECEDING)
          ) s
      ) r;
    INSERT INTO ledger_posting SELECT * FROM unnest(v_rows);
    UPDATE ledger_balance AS b SET posted = r.posted_after, held = r.held_after, seq = r.seq, last_at = r.created_at, head = r.hash
      FROM (SELECT DISTINCT ON (r.account, r.stripe) r.* FROM unnest(v_rows) AS r ORDER BY r.account, r.stripe, r.seq DESC) r
     WHERE b.book = p_book AND b.account = r.account AND b.stripe = r.stripe;
    INSERT INTO ledger_hold_event (book, no, hold, amount, entry, expires_at, at, created_at, kind, hash)
    SELECT (v.event).book, (v.event).no, (v.event).hold, (v.event).amount, (v.event).entry, (v.event).expires_at, (v.event).at,
           (v.event).created_at, (v.event).kind,
           ledger_chain(v.head, ledger_hold_body(v.event)) OVER (PARTITION BY (v.event).hold ORDER BY (v.event).no ROWS UNBOUNDED PRECEDING)
      FROM (
        SELECT (p_book, h.version + row_number() OVER (PARTITION BY h.id ORDER BY l.no), h.id, l.covered, l.entry, h.expires_at, p_at,
                v_now, 'CAPTURED', NULL)::ledger_hold_event AS event,
               (SELECT e.hash FROM ledger_hold_event e WHERE e.book = p_book AND e.hold = h.id AND e.no = h.version) AS head
          FROM unnest(p_legs) AS l
          CROSS JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = l.hold OFFSET 0) h
         WHERE l.covered > 0
      ) v;
    UPDATE ledger_hold AS h
       SET captured = h.captured + c.captured, version = h.version + c.times,
           state = CASE WHEN h.captured + h.released + c.captured = h.amount THEN 'CAPTURED' ELSE 'OPEN' END
      FROM (SELECT l.hold, sum(l.covered)::bigint AS captured, count(*)::integer AS times
              FROM unnest(p_legs) AS l WHERE l.covered > 0 GROUP BY l.hold) c
     WHERE h.book = p_book AND h.id = c.hold;
    RETURN v_rows;
END $$;

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

-- The application reads ledger rows and calls the functions listed here; it writes nothing itself.

DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind IN ('r', 'S') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind = 'r' LOOP
        EXECUTE format('GRANT SELECT ON %s TO wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%'
                     AND (p.prosecdef OR p.proname IN (
                         'ledger_seq_at', 'ledger_balance_at', 'ledger_link', 'ledger_seal', 'ledger_genesis', 'ledger_leaves',
                         'ledger_canonical', 'ledger_request_hash', 'ledger_account_seal', 'ledger_account_link', 'ledger_hold_seal',
                         'ledger_hold_body')) LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wallet_app', v_name);
    END LOOP;
    GRANT EXECUTE ON FUNCTION ledger_seq_at, ledger_balance_at, ledger_link, ledger_seal, ledger_genesis, ledger_leaves TO wallet_readonly;
END $$;
