-- A person's inbox. `event_id` is the event it tells of: an event makes one notification, however often it comes.
create table notification (
  id         uuid primary key,
  event_id   uuid not null unique,
  user_id    uuid not null,
  kind       text not null check (kind in ('course', 'payment', 'achievement', 'system')),
  title      text not null,
  message    text not null,
  action_url text not null default '',
  icon       text not null default '',
  read_at    timestamptz,
  created_at timestamptz not null
);
create index notification_inbox on notification (user_id, created_at desc, id desc);
create index notification_unread on notification (user_id) where read_at is null;

alter table notification enable row level security;
alter table notification force row level security;
create policy own_rows on notification
  using (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')
  with check (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system');
