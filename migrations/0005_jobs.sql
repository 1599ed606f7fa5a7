-- Durable jobs. `due_at` of a job that is being done is the end of its lease, and `lease` whose it is: who has lost it
-- cannot end it. Jobs that are done are kept for as long as their key shall hold; dead ones until somebody looks.
create table job (
  id         uuid primary key,
  kind       text not null,
  key        text,
  payload    jsonb not null,
  due_at     timestamptz not null,
  attempts   integer not null default 0,
  lease      uuid,
  state      text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
  last_error text not null default '',
  ended_at   timestamptz,
  unique (kind, key)
);
create index job_due on job (kind, due_at, id) where state = 'waiting';
create index job_ended on job (ended_at) where state <> 'waiting';
