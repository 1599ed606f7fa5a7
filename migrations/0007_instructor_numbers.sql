-- What an instructor's published courses add up to: counted when their courses change, and not summed at each reading.
create table instructor_numbers (
  instructor_id uuid primary key references account on delete cascade,
  courses       bigint not null default 0,
  students      bigint not null default 0,
  rating_count  bigint not null default 0,
  rating_sum    bigint not null default 0
);

insert into instructor_numbers (instructor_id, courses, students, rating_count, rating_sum)
select c.instructor_id, count(*), coalesce(sum(n.students), 0), coalesce(sum(n.rating_count), 0), coalesce(sum(n.rating_sum), 0)
from course c left join course_numbers n on n.course_id = c.id
where c.status = 'published'
group by c.instructor_id;
