-- The oldest pending orders are found by an index: they expire.
create index order_pending_since on customer_order (created_at) where status = 'pending';
