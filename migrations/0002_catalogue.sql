-- What the catalogue filters and sorts by, kept so that a page of a hundred thousand courses needs no scan of their lessons.
-- The sums follow the lessons by statement triggers: whoever writes lessons, they are right.

alter table course add column lesson_count integer not null default 0;
alter table course add column lesson_minutes integer not null default 0;

update course set lesson_count = t.n, lesson_minutes = t.minutes
from (select course_id, count(*) as n, sum(duration_minutes) as minutes from lesson group by course_id) t
where t.course_id = course.id;

create function lesson_sums_follow() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update course set lesson_count = lesson_count + t.n, lesson_minutes = lesson_minutes + t.minutes
    from (select course_id, count(*) as n, sum(duration_minutes) as minutes from added group by course_id) t
    where t.course_id = course.id;
  elsif tg_op = 'DELETE' then
    update course set lesson_count = lesson_count - t.n, lesson_minutes = lesson_minutes - t.minutes
    from (select course_id, count(*) as n, sum(duration_minutes) as minutes from gone group by course_id) t
    where t.course_id = course.id;
  else
    update course set lesson_count = lesson_count + t.n, lesson_minutes = lesson_minutes + t.minutes
    from (select course_id, sum(n) as n, sum(minutes) as minutes
          from (select course_id, 1 as n, duration_minutes as minutes from added
                union all
                select course_id, -1, -duration_minutes from gone) both_sides
          group by course_id having sum(n) <> 0 or sum(minutes) <> 0) t
    where t.course_id = course.id;
  end if;
  return null;
end
$$;

create trigger lesson_added after insert on lesson referencing new table as added
  for each statement execute function lesson_sums_follow();
create trigger lesson_gone after delete on lesson referencing old table as gone
  for each statement execute function lesson_sums_follow();
create trigger lesson_changed after update on lesson referencing old table as gone new table as added
  for each statement execute function lesson_sums_follow();

create index course_created on course (created_at desc, id) where status = 'published';
create index course_updated on course (updated_at desc, id) where status = 'published';
create index course_title on course (lower(title), id) where status = 'published';
create index course_minutes on course (lesson_minutes, id) where status = 'published';

-- Every course has its row of numbers, so that a page in their order is the beginning of an index.
insert into course_numbers (course_id) select id from course on conflict do nothing;
create index course_numbers_students on course_numbers (students desc, course_id);
create index course_numbers_reviews on course_numbers (rating_count desc, course_id);
create index course_numbers_rating on course_numbers ((coalesce(rating_sum::float8 / nullif(rating_count, 0), 0)) desc, course_id);
