-- What was heard, once for each event: a second time would be refused.
create table heard (
  event_id uuid primary key,
  n        bigint not null
);
create table ward (
  id      uuid primary key,
  visits  bigint not null,
  version bigint not null
);
