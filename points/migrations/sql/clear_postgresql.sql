-- One window of a clearing, as `points.services.clearing.engine` does it row by row elsewhere.
-- `earned_before` NULL: lots whose own day had passed at `cutoff`. Otherwise lots without an end
-- that were earned in the given time. `required`: days ahead at which the member must have
-- been told; '{}' for nobody asks. `chosen`: exactly these accounts, waiting for their locks;
-- NULL: the next window, without those that somebody is using, which `busy` names.
CREATE FUNCTION points_clear(
    run bigint, mark text, src text, version text, told text, cutoff timestamptz,
    at timestamptz, recorded_at timestamptz, earned_from timestamptz, earned_before timestamptz,
    by_store bigint, required integer[], late integer, after_account bigint, size integer,
    chosen bigint[],
    OUT last_account bigint, OUT accounts bigint, OUT lots bigint, OUT points bigint,
    OUT busy bigint[]
) LANGUAGE plpgsql SET enable_bitmapscan = off SET enable_seqscan = off AS $$
DECLARE
    ids bigint[] := chosen;
    never CONSTANT timestamptz := '9999-01-01 00:00:00+00';
    asks_nobody CONSTANT boolean := cardinality(required) = 0;
    free bigint[];
    lot_ids bigint[];
    lot_accounts bigint[];
    lot_points bigint[];
    lot_told boolean[];
    r record;
    a points_account;
    e points_entry;
    booked points_entry[] := '{}';
BEGIN
    accounts := 0; lots := 0; points := 0; busy := '{}';
    IF chosen IS NOT NULL THEN
        PERFORM 1 FROM points_account WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    ELSE
        IF earned_before IS NULL THEN
            SELECT array_agg(account_id), MAX(account_id) INTO ids, last_account FROM (
                SELECT DISTINCT account_id FROM points_lot
                WHERE state = 'open' AND expires_at <= cutoff AND held = 0
                  AND account_id > after_account AND (by_store IS NULL OR store_id = by_store)
                ORDER BY account_id LIMIT size) due;
        ELSE
            SELECT array_agg(account_id), MAX(account_id) INTO ids, last_account FROM (
                SELECT DISTINCT account_id FROM points_lot
                WHERE state = 'open' AND expires_at >= never AND held = 0
                  AND earned_at < points_clear.earned_before
                  AND (points_clear.earned_from IS NULL OR earned_at >= points_clear.earned_from)
                  AND account_id > after_account AND (by_store IS NULL OR store_id = by_store)
                ORDER BY account_id LIMIT size) due;
        END IF;
        SELECT COALESCE(array_agg(id), '{}') INTO free FROM (
            SELECT id FROM points_account WHERE id = ANY(ids) ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED) locked;
        IF cardinality(free) < cardinality(ids) THEN
            SELECT array_agg(id) INTO busy FROM unnest(ids) AS id WHERE id <> ALL(free);
        END IF;
        ids := free;
    END IF;
    -- A new statement after the lock: what it reads is what nobody can change any more.
    IF earned_before IS NULL THEN
        SELECT array_agg(l.id), array_agg(l.account_id), array_agg(l.remaining),
               array_agg(asks_nobody
                   OR points_was_told(l.account_id, l.expires_at, l.usable_at, required, late))
            INTO lot_ids, lot_accounts, lot_points, lot_told FROM points_lot l
            WHERE l.account_id = ANY(ids) AND l.state = 'open' AND l.expires_at <= cutoff
              AND l.held = 0 AND (by_store IS NULL OR l.store_id = by_store);
    ELSE
        SELECT array_agg(l.id), array_agg(l.account_id), array_agg(l.remaining),
               array_agg(asks_nobody
                   OR points_was_told(l.account_id, cutoff, l.usable_at, required, late))
            INTO lot_ids, lot_accounts, lot_points, lot_told FROM points_lot l
            WHERE l.account_id = ANY(ids) AND l.state = 'open' AND l.expires_at >= never
              AND l.held = 0 AND l.earned_at < points_clear.earned_before
              AND (points_clear.earned_from IS NULL OR l.earned_at >= points_clear.earned_from)
              AND (by_store IS NULL OR l.store_id = by_store);
    END IF;
    IF NOT asks_nobody THEN
        INSERT INTO points_clearingskip (run_id, account_id, reason, lots, points)
            SELECT run, d.account, 'not_told', COUNT(*), SUM(d.points)
            FROM unnest(lot_accounts, lot_points, lot_told) AS d(account, points, is_told)
            WHERE NOT d.is_told GROUP BY d.account ORDER BY d.account
            ON CONFLICT DO NOTHING;
    END IF;
    FOR r IN SELECT t AS a, d.sum, d.count FROM (
                 SELECT u.account, SUM(u.points)::bigint AS sum, COUNT(*) AS count
                 FROM unnest(lot_accounts, lot_points, lot_told) AS u(account, points, is_told)
                 WHERE u.is_told GROUP BY u.account) d
             JOIN points_account t ON t.id = d.account ORDER BY d.account LOOP
        a := r.a;
        e := NULL;
        e.id := nextval('points_entry_id_seq'); e.account_id := a.id; e.seq := a.seq + 1;
        e.kind := 'expire'; e.reference := 'expire:' || run; e.fingerprint := mark;
        e.source := src; e.actor := 'system'; e.rule_version := version; e.explanation := told;
        e.occurred_at := at; e.created_at := recorded_at;
        e.d_available := -r.sum; e.d_held := 0; e.d_pending := 0; e.d_debt := 0;
        e.available_after := a.available - r.sum; e.held_after := a.held;
        e.pending_after := a.pending; e.debt_after := a.debt;
        e.hash := points_hash(a.chain, e);
        booked := booked || e;
        accounts := accounts + 1;
        lots := lots + r.count;
        points := points + r.sum;
    END LOOP;
    -- As `points_append`, but all of the window's entries and accounts in one statement each.
    INSERT INTO points_entry SELECT * FROM unnest(booked);
    UPDATE points_account t SET available = v.available_after, seq = v.seq, chain = v.hash,
        expired_total = t.expired_total - v.d_available
        FROM unnest(booked) AS v WHERE t.id = v.account_id;
    UPDATE points_lot l SET expired = l.remaining, remaining = 0, state = 'closed',
        expired_by_id = v.id
        FROM unnest(lot_ids, lot_accounts, lot_told) AS u(id, account, is_told)
        JOIN unnest(booked) AS v ON v.account_id = u.account
        WHERE l.id = u.id AND u.is_told;
END $$;
