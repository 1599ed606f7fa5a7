-- Links that were mailed to people. Only a hash of what a link holds is here. One for a new password is good for the
-- password it was made beside (`password_version`), so that any new password ends all of them.
create table account_token (
  hash             text primary key,
  user_id          uuid not null references account on delete cascade,
  purpose          text not null check (purpose in ('reset', 'verify')),
  request          uuid not null,   -- the job that mailed it: its attempts are one mail
  password_version bigint not null,
  created_at       timestamptz not null,
  expires_at       timestamptz not null
);
create index account_token_of on account_token (user_id, purpose, created_at);
create index account_token_expiry on account_token (expires_at);

alter table account_token enable row level security;
alter table account_token force row level security;
create policy system_only on account_token
  using ((select current_setting('stoa.acting', true) = 'system'))
  with check ((select current_setting('stoa.acting', true) = 'system'));

-- When somebody followed a link that was mailed there.
alter table account add column email_verified_at timestamptz;
