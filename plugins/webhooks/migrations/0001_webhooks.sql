-- Who wants to be told what, and where. The secrets stand here as they are, because the server signs with them: whoever
-- reads this table can sign in its place. No answer shows them after the one that gives them.
create table subscription (
  id              uuid primary key,
  number          bigint generated always as identity unique,
  user_id         uuid not null,
  url             text not null,
  description     text not null default '',
  kinds           text[] not null,
  sees_all        boolean not null,
  enabled         boolean not null default true,
  disabled_reason text not null default '',
  secret          text not null,
  old_secret      text,
  old_until       timestamptz,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  unique (user_id, url)
);
create index subscription_kinds on subscription using gin (kinds);

-- One row for each event and subscription, however often the event is read or tried. `turn` counts the jobs that were
-- queued for it: a job of an earlier turn has nothing to do any more.
create table delivery (
  id              uuid primary key,
  number          bigint generated always as identity unique,
  subscription_id uuid not null references subscription (id) on delete cascade,
  user_id         uuid not null,
  event_id        uuid not null,
  kind            text not null,
  body            text not null,
  event_at        timestamptz not null,
  status          text not null check (status in ('waiting', 'delivered', 'failed', 'missed')),
  turn            bigint not null default 0,
  attempts        bigint not null default 0,
  response_status bigint,
  last_error      text not null default '',
  next_at         timestamptz,
  created_at      timestamptz not null,
  ended_at        timestamptz,
  unique (subscription_id, event_id)
);
create index delivery_log on delivery (subscription_id, number desc);
create index delivery_replay on delivery (subscription_id, event_at, number);
create index delivery_age on delivery (created_at);

do $$
declare
  owned text;
  mine constant text := $p$(user_id::text = (select current_setting('stoa.acting', true))
                            or (select current_setting('stoa.acting', true) = 'system'))$p$;
begin
  foreach owned in array array['subscription', 'delivery']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
end
$$;
