-- What was posted on an account at a moment, over all its stripes.
CREATE OR REPLACE FUNCTION ledger_balance_at(p_book integer, p_account bigint, p_at timestamptz)
RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(sum(p.posted_after), 0)
      FROM (SELECT b.account, b.stripe, ledger_seq_at(b.book, b.account, b.stripe, p_at) AS seq FROM ledger_balance b
             WHERE b.book = p_book AND b.account = p_account OFFSET 0) b  -- once per stripe, never per posting
      CROSS JOIN LATERAL (SELECT p.posted_after FROM ledger_posting p
                           WHERE p.book = p_book AND p.account = b.account AND p.stripe = b.stripe AND p.seq = b.seq OFFSET 0) p
$$;
