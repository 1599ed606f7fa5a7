-- An event on its way into a statement: a record is read faster than JSON, and writes tell of themselves each time.
create type told_event as (kind text, user_id uuid, entity uuid, payload jsonb, at timestamptz);
