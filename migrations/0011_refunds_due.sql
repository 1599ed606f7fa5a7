-- Money that came and buys nothing: of orders that were paid before, or of courses that their buyer has already. A payment
-- is recorded once.
create table refund_due (
  id           uuid primary key,
  order_id     uuid not null references customer_order on delete cascade,
  user_id      uuid not null,
  provider     text not null,
  reference    text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency     text not null,
  reason       text not null check (reason in ('order_paid_before', 'already_owned')),
  created_at   timestamptz not null,
  paid_back_at timestamptz,
  constraint refund_due_once unique (provider, reference)
);
create index refund_due_of_order on refund_due (order_id, created_at);

alter table refund_due enable row level security;
alter table refund_due force row level security;
create policy own_rows on refund_due
  using (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system')
  with check (user_id::text = current_setting('stoa.acting', true) or current_setting('stoa.acting', true) = 'system');
