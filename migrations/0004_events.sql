-- Which process wrote an event: its sessions say so at their start. Observers in other processes act on it, its own may
-- pass it over.
alter table outbox add column origin text default current_setting('stoa.process', true);

-- It only read, and is an observer now, which has no offset. Left behind, it would keep rows from being deleted.
delete from subscription_offset where name = 'course_people';
