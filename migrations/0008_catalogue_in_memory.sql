-- Filters and orders of the catalogue are answered from memory: the indexes that only its pages used go, so that a change of
-- a course's numbers or lessons touches no index any more. What stays here is the search.
drop index course_published, course_created, course_updated, course_title, course_minutes, course_price, course_of_category;
drop index course_numbers_students, course_numbers_reviews, course_numbers_rating;
-- Moving a course's numbers to another page would touch its key's index again and again.
alter table course_numbers set (fillfactor = 80);

-- Words with signs in them, as words that the parser keeps: C++, C#, .NET. Texts and queries go through the same.
create function search_words(words text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(regexp_replace(regexp_replace(words, '([[:alnum:]])\+\+', '\1plusplus', 'g'),
                                       '([[:alnum:]])#', '\1sharp', 'g'),
                        '(^|[^[:alnum:].])\.([[:alpha:]])', '\1dot\2', 'g')
$$;

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
exception
  when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
    raise notice 'no trigrams here: %', sqlerrm;
end
$$;
