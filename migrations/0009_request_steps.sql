-- What a request that is to have its effect once has done so far, step by step, each written in the transaction of its
-- effect; and whose the reservation is.
alter table idempotency
  add column token uuid,
  add column held_until timestamptz,
  add column steps jsonb not null default '[]';
update idempotency set held_until = expires_at where status is null;

-- Whoever has a role of its own writes the step of its transaction through this. False: the reservation is another's by
-- now, or given up. From the first step on the row stays for as long as an answer would.
create function stoa_keep_step(of_scope text, of_token uuid, step_name text, step_outcome text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  acting constant text := coalesce(current_setting('stoa.acting', true), '');
  kept boolean;
begin
  perform set_config('stoa.acting', 'system', true);
  update public.idempotency
  set steps = steps || jsonb_build_array(jsonb_build_array(step_name, step_outcome)),
      expires_at = greatest(expires_at, created_at + interval '1 day')
  where scope = of_scope and token = of_token and status is null;
  kept := found;
  perform set_config('stoa.acting', acting, true);
  return kept;
end
$$;
