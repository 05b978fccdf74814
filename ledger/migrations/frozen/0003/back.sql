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
    v_id bigint := p_id;
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
           clock_timestamp(), ledger_genesis(p_book, v_id, s.no::smallint, p_public_id, p_currency)
      FROM generate_series(0, p_stripes - 1) AS s (no);
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
    v_flags smallint;
BEGIN
    PERFORM ledger_lock_account(p_book, p_account);
    UPDATE ledger_balance AS b SET flags = (b.flags | (p_set & 3)) & ~(p_clear & 3)
     WHERE b.book = p_book AND b.account = p_account;
    SELECT b.flags INTO v_flags FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0;
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
END $$;

CREATE OR REPLACE FUNCTION ledger_note_hold(p_hold ledger_hold, p_kind text, p_amount bigint, p_entry uuid, p_at timestamptz)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_hold_event (book, no, hold, amount, entry, expires_at, at, kind)
    VALUES (p_hold.book, p_hold.version, p_hold.id, p_amount, p_entry, p_hold.expires_at, p_at, p_kind)
$$;

-- Room for a batch, where that is due: lapsed holds of the short accounts end, their other stripes are gathered under one entry.
CREATE OR REPLACE FUNCTION ledger_batch_room(p_book integer, p_short bigint[], p_sweep uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_account record;
    v_created timestamptz := clock_timestamp();
    v_hash    bytea := sha256(convert_to('sweep', 'UTF8') || int8send(p_short[1]) || uuid_send(p_sweep));
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
    INSERT INTO ledger_hold_event (book, no, hold, amount, entry, expires_at, at, kind)
    SELECT p_book, h.version + row_number() OVER (PARTITION BY h.id ORDER BY l.no), h.id, l.covered, l.entry, h.expires_at, p_at, 'CAPTURED'
      FROM unnest(p_legs) AS l
      CROSS JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = l.hold OFFSET 0) h
     WHERE l.covered > 0;
    UPDATE ledger_hold AS h
       SET captured = h.captured + c.captured, version = h.version + c.times,
           state = CASE WHEN h.captured + h.released + c.captured = h.amount THEN 'CAPTURED' ELSE 'OPEN' END
      FROM (SELECT l.hold, sum(l.covered)::bigint AS captured, count(*)::integer AS times
              FROM unnest(p_legs) AS l WHERE l.covered > 0 GROUP BY l.hold) c
     WHERE h.book = p_book AND h.id = c.hold;
    RETURN v_rows;
END $$;

DROP FUNCTION ledger_note_check, ledger_checkpoint_add, ledger_leaves, ledger_request_hash, ledger_canonical, ledger_hold_body,
    ledger_hold_seal, ledger_note_account, ledger_account_link, ledger_account_seal;
DROP TABLE ledger_check, ledger_account_event;
DROP INDEX ledger_entry_by_tx;
ALTER TABLE ledger_checkpoint ALTER COLUMN key_id DROP NOT NULL; -- stays: what was signed names its key for ever
ALTER TABLE ledger_hold_event DROP COLUMN hash;

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
                     AND (p.prosecdef OR p.proname IN ('ledger_seq_at', 'ledger_balance_at', 'ledger_link', 'ledger_seal', 'ledger_genesis')) LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wallet_app', v_name);
    END LOOP;
    GRANT EXECUTE ON FUNCTION ledger_seq_at, ledger_balance_at, ledger_link, ledger_seal, ledger_genesis TO wallet_readonly;
END $$;
