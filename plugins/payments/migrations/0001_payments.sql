-- What we know of intents at a provider. `idempotency_key` is what the provider was asked with: one for each attempt of an
-- order, so that whoever asks twice at once gets the same intent.
create table intent (
  id              text primary key,
  provider        text not null,
  order_id        uuid not null,
  user_id         uuid not null,
  attempt         integer not null,
  idempotency_key text not null unique,
  amount_minor    bigint not null check (amount_minor > 0),
  currency        text not null,
  client_secret   text not null,
  status          text not null,
  failure         text not null default '',
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);
create index intent_of_order on intent (order_id, attempt desc);

alter table intent enable row level security;
alter table intent force row level security;
create policy own_rows on intent
  using (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')
  with check (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system');

-- Events of the provider that were dealt with: each works once.
create table webhook_event (
  id          text primary key,
  kind        text not null,
  outcome     text not null,
  received_at timestamptz not null
);
create index webhook_event_age on webhook_event (received_at);

-- The sandbox provider's own books, as a real provider keeps them elsewhere.
create table sandbox_intent (
  id              text primary key,
  idempotency_key text not null unique,
  order_id        uuid not null,
  amount_minor    bigint not null check (amount_minor > 0),
  currency        text not null,
  client_secret   text not null,
  status          text not null,
  payment_method  text not null default '',
  decline_code    text not null default '',
  created_at      timestamptz not null,
  updated_at      timestamptz not null
);

create table sandbox_delivery (
  id       bigint generated always as identity primary key,
  payload  text not null,
  due_at   timestamptz not null,
  attempts integer not null default 0
);
create index sandbox_delivery_due on sandbox_delivery (due_at, id);
