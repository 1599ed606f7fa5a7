// The SQL of what was: pages by keys that have an index, read now and then and never for a request.
#pragma once

#include "stoa/db.hpp"

namespace stoa::actors::history_store {

/// number, user, course, since, finished, and the finished lessons as `id time` in lines.
inline constexpr statement studies{"history.studies", R"(
  select e.number, e.user_id, e.course_id, e.enrolled_at, e.completed_at,
         coalesce((select string_agg(p.lesson_id || ' ' || (extract(epoch from p.completed_at) * 1000000)::bigint, E'\n')
                   from lesson_progress p where p.enrollment_id = e.id and p.completed_at is not null), '')
  from (select * from enrollment where number > :p1::bigint order by number limit :p2::bigint) e
  order by e.number)"};

/// order, time, currency, total, and its items as `course price` in lines.
inline constexpr statement sales{"history.sales", R"(
  select o.id, o.completed_at, o.currency, o.total_minor,
         coalesce((select string_agg(i.course_id || ' ' || i.price_minor, E'\n' order by i.position)
                   from order_item i where i.order_id = o.id), '')
  from (select * from customer_order
        where status = 'completed' and total_minor > 0
          and (:p1::timestamptz is null or (completed_at, id) > (:p1::timestamptz, :p2::uuid))
        order by completed_at, id limit :p3::bigint) o
  order by o.completed_at, o.id)"};

/// id, person, course, quiz, when it was closed, score, whether passed, its answers, and what the first grading since
/// :p1 says it was before. Events have no index by what they are of: they are asked for attempts that changed since.
inline constexpr statement attempts{"history.attempts", R"(
  select a.id, a.user_id, a.course_id, a.quiz_id, coalesce(g.at, a.ended_at), a.score::bigint, a.passed,
         coalesce(a.graded, '[]'::jsonb)::text,
         case when a.updated_at >= :p1::timestamptz then
           (select o.payload::text from outbox o
            where o.kind = 'attempt.regraded' and o.entity = a.id and o.at >= :p1::timestamptz
            order by o.xid, o.position limit 1) end
  from (select * from attempt where ended_at is not null and (:p2::uuid is null or id > :p2::uuid)
        order by id limit :p3::bigint) a
  left join lateral (select e.at from attempt_entry e where e.attempt_id = a.id and e.step = 'graded'
                     order by e.sequence limit 1) g on true
  order by a.id)"};

inline constexpr statement registrations{"history.registrations", R"(
  select (created_at at time zone 'UTC')::date, count(*) from account where created_at < :p1::timestamptz
  group by 1 order by 1)"};

}  // namespace stoa::actors::history_store
