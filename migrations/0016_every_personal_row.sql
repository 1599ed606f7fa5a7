-- The second wall around what was still open. An account is its owner's and the system's, which shows others what is
-- meant for them; who may try to sign in is the system's alone; a job is queued by whoever does what it follows from,
-- and done by the system.
do $$
declare
  system constant text := $p$(select current_setting('stoa.acting', true) = 'system')$p$;
  mine constant text := format($p$(id::text = (select current_setting('stoa.acting', true)) or %s)$p$, system);
  owned text;
begin
  foreach owned in array array['account', 'sign_in_guard', 'job']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
  execute format('create policy own_rows on account using %s with check %s', mine, mine);
  foreach owned in array array['sign_in_guard', 'job']
  loop
    execute format('create policy system_only on %I using (%s) with check (%s)', owned, system, system);
  end loop;
end
$$;
create policy queued_by_all on job for insert with check (true);
