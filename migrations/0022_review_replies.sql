-- What a course's instructor answers to a review stands with it.
alter table review
  add column reply text not null default '',
  add column replied_at timestamptz;
