-- Filters and orders of the catalogue are answered from memory: the indexes that only its pages used go, so that a change of
-- a course's numbers or lessons touches no index any more. What stays here is the search.
drop index course_published, course_created, course_updated, course_title, course_minutes, course_price, course_of_category;
drop index course_numbers_students, course_numbers_reviews, course_numbers_rating;
-- Moving a course's numbers to another page would touch its key's index again and again.
alter table course_numbers set (fillfactor = 80);

-- Who writes courses with all their lessons in one transaction writes the sums with them, and says so.
create or replace function lesson_sums_follow() returns trigger language plpgsql as $$
begin
  if current_setting('stoa.lesson_sums', true) = 'written' then
    return null;
  end if;
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

-- Words with signs in them, as words that the parser keeps: C++, C#, .NET. Texts and queries go through the same.
create function search_words(words text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(regexp_replace(regexp_replace(words, '([[:alnum:]])\+\+', '\1plusplus', 'g'),
                                       '([[:alnum:]])#', '\1sharp', 'g'),
                        '(^|[^[:alnum:].])\.([[:alpha:]])', '\1dot\2', 'g')
$$;

-- Long texts lie apart from the rows: what looks at many courses, a search or the check of the catalogue, reads a fifth.
alter table course set (toast_tuple_target = 512);

alter table course drop column search;
alter table course add column search tsvector generated always as (
  setweight(to_tsvector('simple', search_words(title)), 'A') ||
  setweight(to_tsvector('simple', search_words(short_description)), 'B') ||
  setweight(to_tsvector('simple', search_words(description)), 'C')) stored;
create index course_search on course using gin (search) where status = 'published';
create index course_search_title on course using gin (to_tsvector('simple', search_words(title))) where status = 'published';

-- What is offered where a search finds nothing. A database that has no trigrams does without.
do $$
begin
  create extension if not exists pg_trgm;
  create index course_alike on course using gin (lower(title) gin_trgm_ops) where status = 'published';
  -- One letter too few or too many in a word of six is still alike.
  create function courses_alike(words text) returns table (number bigint) language sql stable
    set pg_trgm.word_similarity_threshold = 0.45 as $alike$
      select number from course where status = 'published' and lower(words) <% lower(title)
      order by word_similarity(lower(words), lower(title)) desc, id limit 100
    $alike$;
exception
  when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
    raise notice 'no trigrams here: %', sqlerrm;
end
$$;
