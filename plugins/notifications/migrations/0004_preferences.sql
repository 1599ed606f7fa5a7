-- An event may concern many: a course's learners.
alter table notification drop constraint notification_event_id_key;
alter table notification add constraint notification_once unique (event_id, user_id);

-- What somebody wants to be told of, and how, where that differs from what everybody is.
create table preference (
  user_id uuid not null,
  kind    text not null check (kind in ('course', 'payment', 'achievement', 'system')),
  in_app  boolean not null,
  email   boolean not null,
  primary key (user_id, kind)
);
alter table preference enable row level security;
alter table preference force row level security;
create policy own_rows on preference
  using (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')
  with check (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system');
