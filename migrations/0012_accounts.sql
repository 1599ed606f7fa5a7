-- Which password a sign-in verified: goes up with every new one, while a stronger hash of the same keeps it.
alter table account add column password_version bigint not null default 1;

-- Who chose no username has an empty one, as everybody reads it.
update account set username = '' where username is null;
alter table account alter column username set default '', alter column username set not null;

-- When nobody can use a session any more: one column, one index, one purge.
alter table session add column ends_at timestamptz not null generated always as (least(expires_at, revoked_at)) stored;
create index session_ends on session (ends_at);
drop index session_expiry;

-- Addresses are shown without the blanks and invisible characters that were never compared.
do $$
begin
  if getdatabaseencoding() = 'UTF8' then
    update account
    set email = regexp_replace(email, '[\u00A0\u00AD\u1680\u2000-\u200F\u2028-\u202F\u205F-\u206F\u3000\u3164\uFEFF]', '', 'g')
    where email ~ '[\u00A0\u00AD\u1680\u2000-\u200F\u2028-\u202F\u205F-\u206F\u3000\u3164\uFEFF]';
  end if;
end
$$;
