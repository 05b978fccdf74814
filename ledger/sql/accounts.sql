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
