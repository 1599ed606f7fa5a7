-- What an author says that a course takes; null: what its lessons add up to.
alter table course add column estimated_minutes integer check (estimated_minutes >= 0);
