-- Events that a subscription could not take however often they were given to it. They are set aside so that it goes on
-- behind them, kept with what was wrong, and given again when an operator says so. The payload is a copy: the outbox
-- forgets.
create table dead_event (
  subscription text not null,
  event_id     uuid not null,
  position     bigint not null,
  kind         text not null,
  user_id      uuid,
  entity       uuid not null,
  payload      jsonb not null,
  at           timestamptz not null,
  tries        integer not null,
  reason       text not null,
  since        timestamptz not null default now(),
  replay       boolean not null default false,
  primary key (subscription, event_id)
);
create index dead_event_order on dead_event (subscription, at, position);

alter table dead_event enable row level security;
alter table dead_event force row level security;
create policy system_only on dead_event
  using ((select current_setting('stoa.acting', true) = 'system'))
  with check ((select current_setting('stoa.acting', true) = 'system'));
