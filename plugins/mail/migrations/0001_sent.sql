-- What has gone out, by the mails' ids: a job that comes again sends nothing twice. Kept for a while, then deleted.
create table sent (
  id      text primary key,
  sent_at timestamptz not null
);
create index sent_by_age on sent (sent_at);
