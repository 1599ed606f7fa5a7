-- A second factor beside the password. The secret is sealed with a key that is not in the database, and recovery codes are
-- hashes; `mfa_pending` waits for its first code and changes nothing.
alter table account
  add column mfa_secret    text not null default '',
  add column mfa_pending   text not null default '',
  add column mfa_last_step bigint not null default 0,
  add column mfa_recovery  text not null default '',
  add column mfa_version   bigint not null default 0;

-- A session that was opened before the second factor shows a code before it is refreshed (`mfa_due`). What else is new is
-- shown to whoever it belongs to.
alter table session
  add column mfa_due      boolean not null default false,
  add column client       text not null default '',
  add column last_used_at timestamptz;
