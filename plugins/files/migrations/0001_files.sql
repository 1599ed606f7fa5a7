-- Whose files there are and how far they have come. A row is there before the first byte of its object and until after
-- the last: what a killed server leaves in the storage is found by the rows that are due.
create table file (
  id                uuid primary key,
  user_id           uuid not null,
  state             text not null check (state in ('arriving', 'whole', 'stored', 'leaving')),
  object            text not null unique,
  original_filename text not null,
  stored_filename   text not null,
  content_type      text not null,
  file_size         bigint not null check (file_size > 0),
  uploaded_at       timestamptz not null,
  due_at            timestamptz,
  -- Of one that comes in parts.
  in_parts          boolean not null default false,
  received          bigint not null default 0 check (received <= file_size),
  upload_state      text not null default '',
  metadata          text not null default '',
  busy_token        uuid,
  busy_until        timestamptz
);
create index file_own on file (user_id, uploaded_at desc, id desc) where state = 'stored';
create index file_due on file (due_at) where due_at is not null;

-- What a person has, files on their way among it.
create table usage (
  user_id uuid primary key,
  bytes   bigint not null default 0 check (bytes >= 0),
  files   bigint not null default 0 check (files >= 0)
);

do $$
declare
  owned text;
  mine constant text := $p$(user_id::text = (select current_setting('stoa.acting', true))
                            or (select current_setting('stoa.acting', true) = 'system'))$p$;
begin
  foreach owned in array array['file', 'usage']
  loop
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
    execute format('create policy own_rows on %I using %s with check %s', owned, mine, mine);
  end loop;
end
$$;
