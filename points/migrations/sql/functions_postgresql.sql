-- The hot writes of the ledger, each one statement for the caller. They do what
-- points/services/operations.py does, statement by statement in the same order: lock the account,
-- answer a repeat, then (in a new statement, with a new snapshot) choose lots, and write.
-- A refusal is a row, not an error, so that the caller's transaction lives on.

CREATE TYPE points_answer AS (
    outcome text, detail text, entry_id bigint, account_id bigint, seq bigint, kind text,
    d_available bigint, d_held bigint, d_pending bigint, d_debt bigint,
    available bigint, held bigint, pending bigint, debt bigint
);

-- The text that points.policies.chain_hash spells, and its hash.
CREATE FUNCTION points_hash(previous bytea, e points_entry) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(previous || convert_to(concat_ws(chr(10),
        '1', e.account_id, e.seq, e.kind, e.reference, e.fingerprint,
        e.d_available, e.d_held, e.d_pending, e.d_debt,
        e.available_after, e.held_after, e.pending_after, e.debt_after,
        COALESCE(e.relates_to_id::text, ''), e.source, COALESCE(e.store_id::text, ''),
        e.actor, e.rule_version,
        (EXTRACT(EPOCH FROM e.occurred_at) * 1000000)::bigint,
        (EXTRACT(EPOCH FROM e.created_at) * 1000000)::bigint,
        e.explanation), 'UTF8'))
$$;

CREATE FUNCTION points_lock(member bigint, of_unit text, at timestamptz) RETURNS points_account
LANGUAGE plpgsql AS $$
DECLARE
    a points_account;
BEGIN
    SELECT * INTO a FROM points_account WHERE member_id = member AND unit = of_unit
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO points_account (member_id, unit, status, frozen_reason, available, held,
                                    pending, debt, seq, chain, earned_total, spent_total,
                                    expired_total, clawed_total, opened_at)
            VALUES (member, of_unit, 'active', '', 0, 0, 0, 0, 0, decode(repeat('00', 32), 'hex'),
                    0, 0, 0, 0, at)
            ON CONFLICT DO NOTHING;
        SELECT * INTO a FROM points_account WHERE member_id = member AND unit = of_unit
            FOR NO KEY UPDATE;
    END IF;
    RETURN a;
END $$;

-- The answer to a reference that was used before, or nothing.
CREATE FUNCTION points_replay(of_account bigint, of_reference text, mark text)
RETURNS points_answer LANGUAGE plpgsql AS $$
DECLARE
    p points_entry;
BEGIN
    SELECT * INTO p FROM points_entry
        WHERE account_id = of_account AND reference = of_reference;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (CASE WHEN p.fingerprint = mark THEN 'replay' ELSE 'conflict' END, NULL, p.id,
            p.account_id, p.seq, p.kind, p.d_available, p.d_held, p.d_pending, p.d_debt,
            p.available_after, p.held_after, p.pending_after, p.debt_after)::points_answer;
END $$;

CREATE FUNCTION points_refusal(outcome text, detail text) RETURNS points_answer
LANGUAGE sql IMMUTABLE AS $$
    SELECT (outcome, detail, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL)::points_answer
$$;

-- Appends `e` to the locked account `a` and carries the account forward. Of `e` the caller gives
-- what happened; number, balances, identity and hash are filled in here.
CREATE FUNCTION points_append(a points_account, INOUT e points_entry) LANGUAGE plpgsql AS $$
DECLARE
    net bigint := e.d_available + e.d_held - e.d_debt;
BEGIN
    e.id := nextval('points_entry_id_seq');
    e.account_id := a.id;
    e.seq := a.seq + 1;
    e.available_after := a.available + e.d_available;
    e.held_after := a.held + e.d_held;
    e.pending_after := a.pending + e.d_pending;
    e.debt_after := a.debt + e.d_debt;
    e.hash := points_hash(a.chain, e);
    INSERT INTO points_entry SELECT e.*;
    UPDATE points_account SET
        available = e.available_after, held = e.held_after, pending = e.pending_after,
        debt = e.debt_after, seq = e.seq, chain = e.hash,
        earned_total = earned_total + CASE WHEN e.kind = 'earn' THEN net ELSE 0 END,
        spent_total = spent_total
            - CASE WHEN e.kind IN ('spend', 'capture', 'restore') THEN net ELSE 0 END
        WHERE id = a.id;
END $$;

CREATE FUNCTION points_done(e points_entry) RETURNS points_answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ('done', NULL, e.id, e.account_id, e.seq, e.kind, e.d_available, e.d_held,
            e.d_pending, e.d_debt, e.available_after, e.held_after, e.pending_after,
            e.debt_after)::points_answer
$$;

-- Debt is paid out of these lots, in the order given.
CREATE FUNCTION points_pay_debt(of_entry bigint, lots bigint[], points bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    l record;
    part bigint;
BEGIN
    FOR l IN SELECT t.id, t.remaining - t.held AS free
             FROM unnest(lots) WITH ORDINALITY AS v(id, ord) JOIN points_lot t ON t.id = v.id
             ORDER BY v.ord LOOP
        EXIT WHEN points <= 0;
        CONTINUE WHEN l.free <= 0;
        part := LEAST(l.free, points);
        UPDATE points_lot SET remaining = remaining - part, clawed = clawed + part,
            state = CASE WHEN remaining = part THEN 'closed' ELSE state END WHERE id = l.id;
        INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited)
            VALUES (of_entry, l.id, 'clawed', part, 0, 0);
        points := points - part;
    END LOOP;
END $$;

CREATE FUNCTION points_earn(
    member bigint, of_unit text, points bigint, of_reference text, mark text, of_source text,
    of_store bigint, of_actor text, of_rule text, told text, at timestamptz,
    recorded_at timestamptz, until timestamptz, usable timestamptz
) RETURNS points_answer LANGUAGE plpgsql AS $$
DECLARE
    a points_account := points_lock(member, of_unit, recorded_at);
    answer points_answer := points_replay(a.id, of_reference, mark);
    e points_entry;
    to_debt bigint := 0;
    is_pending boolean := a.status = 'frozen' OR usable > at;
BEGIN
    IF answer.outcome IS NOT NULL THEN
        RETURN answer;
    END IF;
    IF NOT is_pending THEN
        to_debt := LEAST(points, a.debt);
    END IF;
    e.kind := 'earn'; e.reference := of_reference; e.fingerprint := mark; e.source := of_source;
    e.store_id := of_store; e.actor := of_actor; e.rule_version := of_rule;
    e.explanation := told; e.occurred_at := at; e.created_at := recorded_at;
    e.d_available := CASE WHEN is_pending THEN 0 ELSE points - to_debt END;
    e.d_held := 0;
    e.d_pending := CASE WHEN is_pending THEN points ELSE 0 END;
    e.d_debt := -to_debt;
    e := points_append(a, e);
    IF points > to_debt THEN
        INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent, expired,
                                settled, clawed, state, earned_at, usable_at, expires_at, store_id)
            VALUES (a.id, e.id, points - to_debt, points - to_debt, 0, 0, 0, 0, 0,
                    CASE WHEN is_pending THEN 'pending' ELSE 'open' END, at, usable, until,
                    of_store);
    END IF;
    RETURN points_done(e);
END $$;

-- A spend, or a hold when `hold_until` is given.
CREATE FUNCTION points_take(
    member bigint, of_unit text, points bigint, of_reference text, mark text, of_source text,
    of_store bigint, of_actor text, told text, at timestamptz, recorded_at timestamptz,
    hold_until timestamptz
) RETURNS points_answer LANGUAGE plpgsql
-- Walk the index of open lots in its order and stop when the need is met. A bitmap would read all
-- of a member's lots first, and would not mark used-up index entries as dead (measured: 60 times
-- the cost for a member with 10,000 used lots that vacuum has not yet seen).
SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    a points_account := points_lock(member, of_unit, recorded_at);
    answer points_answer := points_replay(a.id, of_reference, mark);
    e points_entry;
    l record;
    need bigint := points;
    part bigint;
    ids bigint[] := '{}';
    parts bigint[] := '{}';
BEGIN
    IF answer.outcome IS NOT NULL THEN
        RETURN answer;
    END IF;
    IF a.status = 'frozen' THEN
        RETURN points_refusal('frozen', a.frozen_reason);
    END IF;
    IF a.available >= points THEN
        FOR l IN SELECT id, remaining - held AS free FROM points_lot
                 WHERE account_id = a.id AND state = 'open' AND expires_at > at
                 ORDER BY expires_at, id LOOP
            CONTINUE WHEN l.free <= 0;
            part := LEAST(l.free, need);
            ids := ids || l.id;
            parts := parts || part;
            need := need - part;
            EXIT WHEN need = 0;
        END LOOP;
    END IF;
    IF need > 0 THEN
        RETURN points_refusal('insufficient', (
            SELECT COALESCE(SUM(remaining - held), 0)::text FROM points_lot
            WHERE account_id = a.id AND state = 'open' AND expires_at > at));
    END IF;
    e.kind := CASE WHEN hold_until IS NULL THEN 'spend' ELSE 'hold' END;
    e.reference := of_reference; e.fingerprint := mark; e.source := of_source;
    e.store_id := of_store; e.actor := of_actor; e.rule_version := '';
    e.explanation := told; e.occurred_at := at; e.created_at := recorded_at;
    e.d_available := -points;
    e.d_held := CASE WHEN hold_until IS NULL THEN 0 ELSE points END;
    e.d_pending := 0;
    e.d_debt := 0;
    e := points_append(a, e);
    IF hold_until IS NULL THEN
        UPDATE points_lot t SET remaining = t.remaining - v.part, spent = t.spent + v.part,
            state = CASE WHEN t.remaining = v.part THEN 'closed' ELSE 'open' END
            FROM unnest(ids, parts) AS v(id, part) WHERE t.id = v.id;
    ELSE
        UPDATE points_lot t SET held = t.held + v.part
            FROM unnest(ids, parts) AS v(id, part) WHERE t.id = v.id;
        INSERT INTO points_hold (account_id, entry_id, points, state, expires_at)
            VALUES (a.id, e.id, points, 'active', hold_until);
    END IF;
    INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited)
        SELECT e.id, v.id, CASE WHEN hold_until IS NULL THEN 'spent' ELSE 'held' END, v.part, 0, 0
        FROM unnest(ids, parts) WITH ORDINALITY AS v(id, part, ord) ORDER BY v.ord;
    RETURN points_done(e);
END $$;

CREATE FUNCTION points_close_hold(
    member bigint, hold_reference text, of_reference text, mark text, of_actor text, told text,
    at timestamptz, recorded_at timestamptz, to_state text
) RETURNS points_answer LANGUAGE plpgsql AS $$
DECLARE
    a points_account := points_lock(member, 'points', recorded_at);
    answer points_answer := points_replay(a.id, of_reference, mark);
    h record;
    e points_entry;
    to_debt bigint := 0;
BEGIN
    IF answer.outcome IS NOT NULL THEN
        RETURN answer;
    END IF;
    SELECT t.id, t.entry_id, t.points, t.state, o.source, o.store_id INTO h
        FROM points_entry o JOIN points_hold t ON t.entry_id = o.id
        WHERE o.account_id = a.id AND o.reference = hold_reference;
    IF NOT FOUND THEN
        RETURN points_refusal('no_hold', NULL);
    END IF;
    IF h.state <> 'active' THEN
        RETURN points_refusal('hold_closed', h.state);
    END IF;
    IF to_state = 'captured' THEN
        IF a.status = 'frozen' THEN
            RETURN points_refusal('frozen', a.frozen_reason);
        END IF;
    ELSE
        to_debt := LEAST(h.points, a.debt);
    END IF;
    e.kind := CASE WHEN to_state = 'captured' THEN 'capture' ELSE 'release' END;
    e.reference := of_reference; e.fingerprint := mark; e.source := h.source;
    e.store_id := h.store_id; e.actor := of_actor; e.rule_version := '';
    e.explanation := told; e.occurred_at := at; e.created_at := recorded_at;
    e.relates_to_id := h.entry_id;
    e.d_available := CASE WHEN to_state = 'captured' THEN 0 ELSE h.points - to_debt END;
    e.d_held := -h.points;
    e.d_pending := 0;
    e.d_debt := -to_debt;
    e := points_append(a, e);
    IF to_state = 'captured' THEN
        UPDATE points_lot t SET held = t.held - u.amount, remaining = t.remaining - u.amount,
            spent = t.spent + u.amount,
            state = CASE WHEN t.remaining = u.amount THEN 'closed' ELSE 'open' END
            FROM points_lotuse u
            WHERE u.entry_id = h.entry_id AND u.amount > 0 AND t.id = u.lot_id;
    ELSE
        UPDATE points_lot t SET held = t.held - u.amount
            FROM points_lotuse u
            WHERE u.entry_id = h.entry_id AND u.amount > 0 AND t.id = u.lot_id;
        INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited, undoes_id)
            SELECT e.id, u.lot_id, 'held', -u.amount, 0, 0, u.id FROM points_lotuse u
            WHERE u.entry_id = h.entry_id AND u.amount > 0 ORDER BY u.id;
        UPDATE points_lotuse SET restored = amount WHERE entry_id = h.entry_id AND amount > 0;
        IF to_debt > 0 THEN
            PERFORM points_pay_debt(e.id, (SELECT array_agg(lot_id ORDER BY id) FROM points_lotuse
                WHERE entry_id = h.entry_id AND amount > 0), to_debt);
        END IF;
    END IF;
    UPDATE points_hold SET state = to_state, closed_by_id = e.id WHERE id = h.id;
    RETURN points_done(e);
END $$;

CREATE FUNCTION points_restore(
    member bigint, spend_reference text, of_reference text, mark text, of_actor text, told text,
    at timestamptz, recorded_at timestamptz, points bigint, grace_until timestamptz
) RETURNS points_answer LANGUAGE plpgsql AS $$
DECLARE
    a points_account := points_lock(member, 'points', recorded_at);
    answer points_answer := points_replay(a.id, of_reference, mark);
    s points_entry;
    e points_entry;
    u record;
    left_over bigint;
    need bigint;
    wanted bigint;
    part bigint;
    alive bigint := 0;
    lapsed bigint := 0;
    again bigint := 0;
    to_debt bigint;
    use_ids bigint[] := '{}';
    lot_ids bigint[] := '{}';
    parts bigint[] := '{}';
    lives boolean[] := '{}';
    fresh bigint;
BEGIN
    IF answer.outcome IS NOT NULL THEN
        RETURN answer;
    END IF;
    SELECT * INTO s FROM points_entry
        WHERE account_id = a.id AND reference = spend_reference AND kind IN ('spend', 'hold');
    IF NOT FOUND OR (s.kind = 'hold' AND NOT EXISTS (
        SELECT 1 FROM points_hold WHERE entry_id = s.id AND state = 'captured')) THEN
        RETURN points_refusal('no_entry', NULL);
    END IF;
    SELECT COALESCE(SUM(amount - restored - forfeited), 0) INTO left_over
        FROM points_lotuse WHERE entry_id = s.id AND amount > 0;
    wanted := COALESCE(points, left_over);
    IF wanted = 0 OR wanted > left_over THEN
        RETURN points_refusal('exceeds', left_over::text);
    END IF;
    need := wanted;
    FOR u IN SELECT x.id, x.lot_id, x.amount - x.restored - x.forfeited AS rest,
                    l.expires_at > at AND l.expired = 0 AS is_alive
             FROM points_lotuse x JOIN points_lot l ON l.id = x.lot_id
             WHERE x.entry_id = s.id AND x.amount > 0 ORDER BY x.id DESC LOOP
        CONTINUE WHEN u.rest = 0;
        part := LEAST(u.rest, need);
        use_ids := use_ids || u.id;
        lot_ids := lot_ids || u.lot_id;
        parts := parts || part;
        lives := lives || u.is_alive;
        IF u.is_alive THEN
            alive := alive + part;
        ELSE
            lapsed := lapsed + part;
        END IF;
        need := need - part;
        EXIT WHEN need = 0;
    END LOOP;
    IF grace_until IS NOT NULL THEN
        again := lapsed;
    END IF;
    to_debt := LEAST(alive + again, a.debt);
    e.kind := 'restore'; e.reference := of_reference; e.fingerprint := mark;
    e.source := s.source; e.store_id := s.store_id; e.actor := of_actor; e.rule_version := '';
    e.explanation := CASE WHEN told = '{}' THEN '{' ELSE left(told, -1) || ',' END
        || CASE WHEN lapsed > 0 THEN '"lapsed":' || lapsed || ',"regranted":' || again || ','
                ELSE '' END
        || '"restored":' || alive || '}';
    e.occurred_at := at; e.created_at := recorded_at; e.relates_to_id := s.id;
    e.d_available := alive + again - to_debt;
    e.d_held := 0;
    e.d_pending := 0;
    e.d_debt := -to_debt;
    e := points_append(a, e);
    UPDATE points_lot t SET spent = t.spent - v.part, remaining = t.remaining + v.part,
        state = 'open'
        FROM unnest(lot_ids, parts, lives) AS v(id, part, is_alive)
        WHERE t.id = v.id AND v.is_alive;
    INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited, undoes_id)
        SELECT e.id, v.lot, 'spent', -v.part, 0, 0, v.use
        FROM unnest(use_ids, lot_ids, parts, lives) WITH ORDINALITY
            AS v(use, lot, part, is_alive, ord) WHERE v.is_alive ORDER BY v.ord;
    UPDATE points_lotuse t SET
        restored = t.restored + CASE WHEN v.is_alive THEN v.part ELSE 0 END,
        forfeited = t.forfeited + CASE WHEN v.is_alive THEN 0 ELSE v.part END
        FROM unnest(use_ids, parts, lives) AS v(use, part, is_alive) WHERE t.id = v.use;
    IF again > 0 THEN
        INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent, expired,
                                settled, clawed, state, earned_at, usable_at, expires_at, store_id)
            VALUES (a.id, e.id, again, again, 0, 0, 0, 0, 0, 'open', at, at, grace_until,
                    s.store_id)
            RETURNING id INTO fresh;
    END IF;
    IF to_debt > 0 THEN
        PERFORM points_pay_debt(e.id, (
            SELECT array_agg(l.id ORDER BY l.expires_at, l.id) FROM points_lot l
            WHERE l.id = fresh OR l.id IN (
                SELECT v.id FROM unnest(lot_ids, lives) AS v(id, is_alive) WHERE v.is_alive)
        ), to_debt);
    END IF;
    RETURN points_done(e);
END $$;

-- One window of the job that books expiry: at most `size` accounts after `after_account` that own
-- lapsed lots. Without `wait`, accounts that somebody is using are left for the second pass.
CREATE FUNCTION points_expire(
    run bigint, mark text, cutoff timestamptz, recorded_at timestamptz, after_account bigint,
    size integer, wait boolean,
    OUT last_account bigint, OUT accounts bigint, OUT lots bigint, OUT points bigint
) LANGUAGE plpgsql SET enable_bitmapscan = off SET enable_seqscan = off AS $$
DECLARE
    ids bigint[];
    r record;
    a points_account;
    e points_entry;
    booked points_entry[] := '{}';
BEGIN
    accounts := 0; lots := 0; points := 0;
    SELECT array_agg(account_id), MAX(account_id) INTO ids, last_account FROM (
        SELECT DISTINCT account_id FROM points_lot
        WHERE state = 'open' AND expires_at <= cutoff AND held = 0 AND account_id > after_account
        ORDER BY account_id LIMIT size) due;
    IF wait THEN
        PERFORM 1 FROM points_account WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    ELSE
        SELECT array_agg(id) INTO ids FROM (
            SELECT id FROM points_account WHERE id = ANY(ids) ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED) free;
    END IF;
    -- A new statement after the lock: what it sums is what nobody can change any more.
    FOR r IN SELECT t AS a, d.sum, d.count FROM (
                 SELECT account_id, SUM(remaining)::bigint AS sum, COUNT(*) AS count FROM points_lot
                 WHERE account_id = ANY(ids) AND state = 'open' AND expires_at <= cutoff
                   AND held = 0 GROUP BY account_id) d
             JOIN points_account t ON t.id = d.account_id ORDER BY d.account_id LOOP
        a := r.a;
        e := NULL;
        e.id := nextval('points_entry_id_seq'); e.account_id := a.id; e.seq := a.seq + 1;
        e.kind := 'expire'; e.reference := 'expire:' || run; e.fingerprint := mark;
        e.source := 'expiry'; e.actor := 'system'; e.rule_version := ''; e.explanation := '{}';
        e.occurred_at := cutoff; e.created_at := recorded_at;
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
        expired_by_id = v.id FROM unnest(booked) AS v
        WHERE l.account_id = v.account_id AND l.state = 'open' AND l.expires_at <= cutoff
          AND l.held = 0;
END $$;
