-- What changed lately is looked for at every start.
create index account_roles_changed on account (roles_changed_at) where roles_changed_at is not null;

-- The second wall around the rest of what belongs to people. A session is opened by whoever signs in, and read by its
-- owner and the system; a review is read by everybody and changed by its author; a vote is the voter's; an event is told
-- by whoever did what it tells of, and read by the system alone, as are the answers that are kept.
do $$
declare
  -- In selects of their own, which are asked once for a statement: what a condition on each row would let through is
  -- guessed far too low, and pages in an index's order would be read by sorting the whole table.
  system constant text := $p$(select current_setting('stoa.acting', true) = 'system')$p$;
  mine constant text := format($p$(user_id::text = (select current_setting('stoa.acting', true)) or %s)$p$, system);
  owned text;
begin
  foreach owned in array array['session', 'review', 'review_vote', 'outbox', 'idempotency']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
  foreach owned in array array['session', 'review', 'review_vote']
  loop
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
  foreach owned in array array['outbox', 'idempotency']
  loop
    execute format('create policy system_only on %I using (%s) with check (%s)', owned, system, system);
  end loop;
end
$$;
create policy opened_by_all on session for insert with check (true);
create policy read_by_all on review for select using (true);
create policy told_by_all on outbox for insert with check (true);

-- Plugins that an operator has switched off, on all servers of this database and until they are switched on again.
create table plugin_off (
  id    text primary key,
  since timestamptz not null default now()
);
