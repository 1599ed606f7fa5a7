-- Identities at providers that an account can be entered by: (provider, subject) is somebody, the address is only what
-- they had when it was linked. An account without a password has an empty hash, which no password makes.
create table account_identity (
  provider  text not null,
  subject   text not null,
  user_id   uuid not null references account on delete cascade,
  email     text not null default '',
  linked_at timestamptz not null,
  primary key (provider, subject),
  unique (user_id, provider)
);

-- An identity that was proved and still lacks a code of the second factor. Only a hash of the ticket is here.
create table identity_ticket (
  hash       text primary key,
  claim      jsonb not null,
  expires_at timestamptz not null
);
create index identity_ticket_expiry on identity_ticket (expires_at);

do $$
declare
  system constant text := $p$(select current_setting('stoa.acting', true) = 'system')$p$;
  mine constant text := format($p$(user_id::text = (select current_setting('stoa.acting', true)) or %s)$p$, system);
begin
  alter table account_identity enable row level security;
  alter table account_identity force row level security;
  execute format('create policy own_rows on account_identity using (%s) with check (%s)', mine, mine);
  alter table identity_ticket enable row level security;
  alter table identity_ticket force row level security;
  execute format('create policy system_only on identity_ticket using (%s) with check (%s)', system, system);
end
$$;
