-- What is purged is found by an index on the column that says when it is due.

create index session_expiry on session (expires_at);

-- The last failure or the end of the lock; guards that never failed are due at once.
alter table sign_in_guard add column last_at timestamptz not null
  generated always as (coalesce(greatest(locked_until, failures[cardinality(failures)]), '-infinity'::timestamptz)) stored;
create index sign_in_guard_last on sign_in_guard (last_at);
