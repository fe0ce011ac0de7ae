-- The floor: the same bookkeeping, hand-written as plainly as it can be, called by pgbench.
-- Lock the account, take lots first-expiring first, insert the entry with its hash and its links,
-- carry the account forward. It writes the real tables, with their constraints and triggers.

CREATE OR REPLACE FUNCTION floor_hash(prev bytea, t text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$ SELECT sha256(prev || convert_to(t, 'UTF8')) $$;

CREATE OR REPLACE FUNCTION floor_earn(m bigint, pts bigint, ref text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a record; e bigint; h bytea; pay bigint;
BEGIN
    SELECT * INTO a FROM points_account WHERE member_id = m AND unit = 'points' FOR NO KEY UPDATE;
    PERFORM 1 FROM points_entry WHERE account_id = a.id AND reference = ref;
    IF FOUND THEN RETURN 0; END IF;
    pay := LEAST(pts, a.debt);
    h := floor_hash(a.chain, concat_ws(chr(10), a.id, a.seq, 'earn', ref, pts, a.available, now()));
    INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available, d_held,
            d_pending, d_debt, available_after, held_after, pending_after, debt_after, source,
            actor, rule_version, explanation, occurred_at, created_at, hash)
        VALUES (a.id, a.seq + 1, 'earn', ref, repeat('0', 32), pts - pay, 0, 0, -pay,
                a.available + pts - pay, a.held, a.pending, a.debt - pay, 'purchase', 'bench', '',
                '{}', now(), now(), h) RETURNING id INTO e;
    INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent, expired,
            settled, clawed, state, earned_at, usable_at, expires_at)
        VALUES (a.id, e, pts - pay, pts - pay, 0, 0, 0, 0, 0, 'open', now(), now(),
                now() + interval '365 days');
    UPDATE points_account SET available = a.available + pts - pay, debt = a.debt - pay,
        seq = a.seq + 1, chain = h, earned_total = earned_total + pts WHERE id = a.id;
    RETURN e;
END $$;

-- mode: 'spend' or 'hold'
CREATE OR REPLACE FUNCTION floor_take(m bigint, pts bigint, ref text, mode text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a record; l record; e bigint; h bytea; need bigint := pts; part bigint;
    kept bigint := CASE WHEN mode = 'hold' THEN pts ELSE 0 END;
    ids bigint[] := '{}'; parts bigint[] := '{}';
BEGIN
    SELECT * INTO a FROM points_account WHERE member_id = m AND unit = 'points' FOR NO KEY UPDATE;
    PERFORM 1 FROM points_entry WHERE account_id = a.id AND reference = ref;
    IF FOUND OR a.status = 'frozen' THEN RETURN 0; END IF;
    FOR l IN SELECT id, remaining - held AS free FROM points_lot
             WHERE account_id = a.id AND state = 'open' AND expires_at > now()
             ORDER BY expires_at, id LOOP
        CONTINUE WHEN l.free <= 0;
        part := LEAST(l.free, need);
        ids := ids || l.id; parts := parts || part; need := need - part;
        EXIT WHEN need = 0;
    END LOOP;
    IF need > 0 THEN RETURN 0; END IF;
    h := floor_hash(a.chain, concat_ws(chr(10), a.id, a.seq, mode, ref, pts, a.available, now()));
    INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available, d_held,
            d_pending, d_debt, available_after, held_after, pending_after, debt_after, source,
            actor, rule_version, explanation, occurred_at, created_at, hash)
        VALUES (a.id, a.seq + 1, mode, ref, repeat('0', 32), -pts, kept, 0, 0, a.available - pts,
                a.held + kept, a.pending, a.debt, 'mall', 'bench', '', '{}', now(), now(), h)
        RETURNING id INTO e;
    IF mode = 'spend' THEN
        UPDATE points_lot t SET remaining = t.remaining - v.part, spent = t.spent + v.part,
            state = CASE WHEN t.remaining = v.part THEN 'closed' ELSE 'open' END
            FROM unnest(ids, parts) v(id, part) WHERE t.id = v.id;
    ELSE
        UPDATE points_lot t SET held = t.held + v.part FROM unnest(ids, parts) v(id, part)
            WHERE t.id = v.id;
        INSERT INTO points_hold (account_id, entry_id, points, state, expires_at)
            VALUES (a.id, e, pts, 'active', now() + interval '30 minutes');
    END IF;
    INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited)
        SELECT e, v.id, CASE WHEN mode = 'spend' THEN 'spent' ELSE 'held' END, v.part, 0, 0
        FROM unnest(ids, parts) v(id, part);
    UPDATE points_account SET available = a.available - pts, held = a.held + kept,
        seq = a.seq + 1, chain = h,
        spent_total = spent_total + CASE WHEN mode = 'spend' THEN pts ELSE 0 END WHERE id = a.id;
    RETURN e;
END $$;

CREATE OR REPLACE FUNCTION floor_capture(m bigint, href text, ref text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a record; o record; e bigint; h bytea;
BEGIN
    SELECT * INTO a FROM points_account WHERE member_id = m AND unit = 'points' FOR NO KEY UPDATE;
    PERFORM 1 FROM points_entry WHERE account_id = a.id AND reference = ref;
    IF FOUND THEN RETURN 0; END IF;
    SELECT t.id, t.entry_id, t.points INTO o FROM points_entry x
        JOIN points_hold t ON t.entry_id = x.id
        WHERE x.account_id = a.id AND x.reference = href AND t.state = 'active';
    IF NOT FOUND THEN RETURN 0; END IF;
    h := floor_hash(a.chain, concat_ws(chr(10), a.id, a.seq, 'capture', ref, o.points, now()));
    INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available, d_held,
            d_pending, d_debt, available_after, held_after, pending_after, debt_after,
            relates_to_id, source, actor, rule_version, explanation, occurred_at, created_at, hash)
        VALUES (a.id, a.seq + 1, 'capture', ref, repeat('0', 32), 0, -o.points, 0, 0, a.available,
                a.held - o.points, a.pending, a.debt, o.entry_id, 'mall', 'bench', '', '{}', now(),
                now(), h) RETURNING id INTO e;
    UPDATE points_lot t SET held = t.held - u.amount, remaining = t.remaining - u.amount,
        spent = t.spent + u.amount,
        state = CASE WHEN t.remaining = u.amount THEN 'closed' ELSE 'open' END
        FROM points_lotuse u WHERE u.entry_id = o.entry_id AND t.id = u.lot_id;
    UPDATE points_hold SET state = 'captured', closed_by_id = e WHERE id = o.id;
    UPDATE points_account SET held = a.held - o.points, seq = a.seq + 1, chain = h,
        spent_total = spent_total + o.points WHERE id = a.id;
    RETURN e;
END $$;

CREATE OR REPLACE FUNCTION floor_restore(m bigint, sref text, ref text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a record; s bigint; pts bigint; e bigint; h bytea;
BEGIN
    SELECT * INTO a FROM points_account WHERE member_id = m AND unit = 'points' FOR NO KEY UPDATE;
    PERFORM 1 FROM points_entry WHERE account_id = a.id AND reference = ref;
    IF FOUND THEN RETURN 0; END IF;
    SELECT id INTO s FROM points_entry WHERE account_id = a.id AND reference = sref;
    SELECT SUM(amount - restored) INTO pts FROM points_lotuse u JOIN points_lot l ON l.id = u.lot_id
        WHERE u.entry_id = s AND u.amount > 0 AND l.expires_at > now();
    IF COALESCE(pts, 0) = 0 THEN RETURN 0; END IF;
    h := floor_hash(a.chain, concat_ws(chr(10), a.id, a.seq, 'restore', ref, pts, now()));
    INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available, d_held,
            d_pending, d_debt, available_after, held_after, pending_after, debt_after,
            relates_to_id, source, actor, rule_version, explanation, occurred_at, created_at, hash)
        VALUES (a.id, a.seq + 1, 'restore', ref, repeat('0', 32), pts, 0, 0, 0, a.available + pts,
                a.held, a.pending, a.debt, s, 'mall', 'bench', '', '{}', now(), now(), h)
        RETURNING id INTO e;
    UPDATE points_lot t SET spent = t.spent - u.amount, remaining = t.remaining + u.amount,
        state = 'open' FROM points_lotuse u
        WHERE u.entry_id = s AND u.amount > 0 AND t.id = u.lot_id;
    INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited, undoes_id)
        SELECT e, u.lot_id, 'spent', -u.amount, 0, 0, u.id FROM points_lotuse u
        WHERE u.entry_id = s AND u.amount > 0;
    UPDATE points_lotuse SET restored = amount WHERE entry_id = s AND amount > 0;
    UPDATE points_account SET available = a.available + pts, seq = a.seq + 1, chain = h,
        spent_total = spent_total - pts WHERE id = a.id;
    RETURN e;
END $$;

-- One entry with one lot for every account in a range, as the ledger would write them.
CREATE OR REPLACE FUNCTION bench_fill(
    low bigint, high bigint, pts bigint, at timestamptz, until timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a points_account;
    e points_entry;
BEGIN
    e.kind := 'earn'; e.fingerprint := repeat('0', 32); e.d_available := pts; e.d_held := 0;
    e.d_pending := 0; e.d_debt := 0; e.source := 'purchase'; e.actor := 'bench';
    e.rule_version := ''; e.explanation := '{}'; e.occurred_at := at; e.created_at := at;
    FOR a IN SELECT * FROM points_account WHERE id > low AND id <= high ORDER BY id LOOP
        e.id := nextval('points_entry_id_seq'); e.account_id := a.id; e.seq := a.seq + 1;
        e.reference := 'fill:' || e.seq; e.available_after := a.available + pts;
        e.held_after := a.held; e.pending_after := a.pending; e.debt_after := a.debt;
        e.hash := points_hash(a.chain, e);
        INSERT INTO points_entry SELECT e.*;
        INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent, expired,
                settled, clawed, state, earned_at, usable_at, expires_at)
            VALUES (a.id, e.id, pts, pts, 0, 0, 0, 0, 0, 'open', at, at, until);
        UPDATE points_account SET available = e.available_after, seq = e.seq, chain = e.hash,
            earned_total = earned_total + pts WHERE id = a.id;
    END LOOP;
END $$;

-- A whole redemption: the spend, the stock, the order with its step and its movement.
CREATE OR REPLACE FUNCTION floor_redeem(m bigint, pts bigint, ref text, v bigint, k text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    e bigint; o bigint; r bigint; left_over bigint;
BEGIN
    PERFORM 1 FROM points_account WHERE member_id = m AND unit = 'points' FOR NO KEY UPDATE;
    PERFORM 1 FROM mall_redemption WHERE caller = 'floor' AND key = k;
    IF FOUND THEN RETURN 0; END IF;
    e := floor_take(m, pts, ref, 'spend');
    IF e = 0 THEN RETURN 0; END IF;
    SELECT reward_id INTO r FROM mall_variant WHERE id = v;
    INSERT INTO mall_redemption (number, member_id, reward_id, variant_id, quantity, points, money,
            freight, state, delivery, recipient, phone, address, partner_account, caller, key,
            fingerprint, placed_at, state_at, carrier, tracking_number, returned_quantity,
            points_back, money_back)
        VALUES (right('0000000000000000' || k, 16), m, r, v, 1, pts, 0, 0, 'placed', 'pick_up', '',
            '', '', '', 'floor', k, repeat('0', 32), now(), now(), '', '', 0, 0, 0)
        RETURNING id INTO o;
    INSERT INTO mall_redemptionstep (redemption_id, state, note, actor, at)
        VALUES (o, 'placed', '', 'bench', now());
    UPDATE mall_variant SET remaining = remaining - 1, reserved = reserved + 1
        WHERE id = v AND remaining >= 1 RETURNING remaining INTO left_over;
    IF NOT FOUND THEN RAISE EXCEPTION 'sold out'; END IF;
    INSERT INTO mall_stockmovement (variant_id, kind, quantity, remaining_after, redemption_id,
            note, actor, at)
        VALUES (v, 'reserve', 1, left_over, o, '', 'bench', now());
    RETURN o;
END $$;
