-- A course that is archived stays its author's, one that is removed is gone for everybody but its learners: so far there
-- was one word for both, and it meant the second.
alter table course drop constraint course_status_check;
update course set status = 'removed' where status = 'archived';
alter table course add constraint course_status_check check (status in ('draft', 'published', 'archived', 'removed'));

-- What learners say of a lesson beside completing it. The number of a learner's row is made of those of enrolment and
-- lesson: it needs no row, and no column.
alter table lesson_progress
  add column started_at timestamptz,
  add column notes text not null default '',
  drop column number;

-- With one more for each, the numbers of accounts would tell how many there are. So each gets one somewhere in a span of
-- its own, and where the spans begin and how wide they are is known to this database alone: `ahead` and `share` say how
-- far it goes beyond what is set, and are drawn once.
create sequence account_span;
create table account_numbering (
  start_at bigint not null,  -- as set: the least number
  step     bigint not null,  -- and the widest span
  base     bigint not null,  -- the spans begin behind it,
  width    bigint not null,  -- are so wide,
  first    bigint not null,  -- and were counted so far by then
  ahead    double precision not null,
  share    double precision not null
);
do $$
declare
  acting constant text := coalesce(current_setting('stoa.acting', true), '');
begin
  perform set_config('stoa.acting', 'system', true);
  insert into account_numbering
  select 0, 0, coalesce(max(number), 0), 1, 0, random(), 0.1 + 0.9 * random() from account;
  perform set_config('stoa.acting', acting, true);
end
$$;
create function next_account_number() returns bigint language sql volatile as $$
  select base + (nextval('account_span') - first - 1) * width + 1 + floor(random() * width)::bigint from account_numbering
$$;
alter table account alter column number drop identity, alter column number set default next_account_number();
