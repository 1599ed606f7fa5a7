// The SQL of tracks: few rows, read when they are asked for.
#pragma once

#include "stoa/areas/tracks.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"
#include "stoa/words.hpp"

namespace stoa::actors::track_store {

/// A track without its courses.
struct track_row {
  std::string code, title, description;
  std::int64_t price_minor = 0;
  std::string currency;
  bool open = true;
  int position = 0;
};
BOOST_DESCRIBE_STRUCT(track_row, (), (code, title, description, price_minor, currency, open, position))

/// What `read` expects; :p1 is a code in any case, or null for all.
inline constexpr auto list_sql = "select " + columns<track_row, "t"> + R"(,
         coalesce((select string_agg(c.course_id::text, ' ' order by c.position, c.course_id)
                   from track_course c where c.track_code = t.code), '')
  from track t where :p1::text is null or lower(t.code) = lower(:p1::text)
  order by t.position, t.code)";
inline constexpr statement list{"track.list", list_sql};

inline constexpr statement put{"track.put", R"(
  insert into track (code, title, description, price_minor, currency, open, position, updated_at)
  values (:p1::text, :p2::text, :p3::text, :p4::bigint, :p5::text, :p6::boolean, :p7::int, :p8::timestamptz)
  on conflict (lower(code)) do update
    set code = excluded.code, title = excluded.title, description = excluded.description,
        price_minor = excluded.price_minor, currency = excluded.currency, open = excluded.open,
        position = excluded.position, updated_at = excluded.updated_at)"};

inline constexpr statement drop_courses{"track.drop_courses", "delete from track_course where track_code = :p1::text"};

/// A row for each of the courses :p2 that there is.
inline constexpr statement put_courses{"track.put_courses", R"(
  insert into track_course (track_code, course_id, position)
  select :p1::text, c.id, w.place from unnest(:p2::uuid[]) with ordinality as w(course_id, place)
  join course c on c.id = w.course_id
  returning course_id)"};

inline constexpr statement remove{"track.remove",
                                  "delete from track where lower(code) = lower(:p1::text) returning code"};

inline track read(const rows::row& r) {
  const auto row = read_columns<track_row>(r);
  track t{row.code, row.title, row.description, row.price_minor, row.currency, row.open, row.position, {}};
  for (const auto& word : words_of(r.raw(7)))
    if (const auto id = course_id::parse(word)) t.courses.push_back(*id);
  return t;
}

}  // namespace stoa::actors::track_store
