#include "actors/enrollment/enrollment_steps.hpp"

#include "stoa/areas/enrollments.hpp"
#include "stoa/events.hpp"

namespace stoa::actors::enrollment_steps {

namespace {

constexpr statement enroll{"enrollment.enroll_within", R"(
  with root as (
    insert into learner (user_id, version, updated_at) values (:p1::uuid, 1, :p2::timestamptz)
    on conflict (user_id) do update set version = learner.version + 1, updated_at = excluded.updated_at
    returning user_id),
  bought as (
    select * from unnest(:p4::uuid[], :p5::uuid[]) as b(id, course_id)),
  made as (
    insert into enrollment (id, user_id, course_id, order_id, enrolled_at, last_accessed_at)
    select bought.id, root.user_id, bought.course_id, :p3::uuid, :p2::timestamptz, :p2::timestamptz
    from root, bought order by bought.course_id
    on conflict (user_id, course_id) do nothing
    returning id)
  )" STOA_TELL(":p6") R"( join made on made.id = e.entity)"};

}  // namespace

void enroll_within(connection& db, user_id who, const std::optional<order_id>& order,
                   const std::vector<course_entered>& courses, timestamp now) {
  std::vector<enrollment_id> ids;
  std::vector<course_id> entered;
  event_rows told(now);
  for (const auto& c : courses) {
    ids.push_back(enrollment_id::make());
    entered.push_back(c.course);
    told.tell(who, ids.back(), enrollment_created{c.course, c.title, ids.back()});
  }
  db.run(enroll, {who, now, order, value::array(ids), value::array(entered), told});
}

}  // namespace stoa::actors::enrollment_steps
