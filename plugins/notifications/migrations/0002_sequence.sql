-- The order in which notifications were written, for streams that go on where they left off. Its one writer, the
-- subscription, holds the lock on its offset until it commits: who sees a number has seen all below it.
alter table notification add column seq bigint generated always as identity;
create unique index notification_seq on notification (seq);
create index notification_replay on notification (user_id, seq);
