-- What tells this database's containers from those of others on one engine.
create table installation (
  one boolean primary key default true check (one),
  id  uuid not null default gen_random_uuid()
);
insert into installation default values;

-- One a person. A row says what shall be before anything is made of it: what a killed server leaves is found by the rows
-- that nobody works on any more, and by the labels of the containers.
create table workspace (
  user_id     uuid primary key,
  stage       text not null check (stage in ('none', 'creating', 'running', 'starting', 'stopping', 'stopped', 'removing')),
  generation  bigint not null,
  port        bigint,
  handle      text not null default '',
  made_at     timestamptz,
  used_at     timestamptz,
  idle_at     timestamptz,
  -- There is a volume with what was worked on; and whether it goes with the container.
  volume      boolean not null default false,
  drop_volume boolean not null default false,
  -- Who makes, starts, stops or removes it, and until when.
  holder      uuid,
  busy_until  timestamptz,
  -- When workspaces were made of late, as a JSON array.
  makings     jsonb not null default '[]',
  changed_at  timestamptz not null,
  version     bigint not null
);
create unique index workspace_port on workspace (port) where port is not null;
create index workspace_due on workspace (busy_until) where stage in ('creating', 'starting', 'stopping', 'removing');

-- Ports of the range at which something else listens, as the engine found.
create table taken_port (
  port  bigint primary key,
  until timestamptz not null
);

-- Which server looks after all, and until when.
create table turn (
  one    boolean primary key default true check (one),
  holder uuid,
  until  timestamptz not null default '-infinity'
);
insert into turn default values;

alter table workspace enable row level security;
alter table workspace force row level security;
create policy own_rows on workspace
  using (user_id::text = (select current_setting('stoa.acting', true))
         or (select current_setting('stoa.acting', true) = 'system'))
  with check (user_id::text = (select current_setting('stoa.acting', true))
              or (select current_setting('stoa.acting', true) = 'system'));
