-- Which password a sign-in verified: goes up with every new one, while a stronger hash of the same keeps it.
alter table account add column password_version bigint not null default 1;

-- Who chose no username has an empty one, as everybody reads it.
update account set username = '' where username is null;
alter table account alter column username set default '', alter column username set not null;

-- When nobody can use a session any more: one column, one index, one purge.
alter table session add column ends_at timestamptz not null generated always as (least(expires_at, revoked_at)) stored;
create index session_ends on session (ends_at);
drop index session_expiry;
