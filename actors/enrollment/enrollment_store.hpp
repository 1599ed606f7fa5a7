// The SQL of learners. Every write names the version it saw and answers no row when another writer was faster.
#pragma once

#include "actors/enrollment/enrollment.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::enrollment_store {

/// The row of a learner itself, where there is one.
struct root {
  std::optional<std::int64_t> version;
  std::optional<int> target_hours_per_month;
};
BOOST_DESCRIBE_STRUCT(root, (), (version, target_hours_per_month))

/// Root, enrolments and touched lessons in one answer of at least one row.
inline constexpr auto load_sql = "select " + columns<root, "l"> + ", " + columns<enrollment, "e"> + ", p.lesson_id, " +
                                 columns<lesson_progress, "p"> + R"(
  from (select 1) one
  left join learner l on l.user_id = :p1::uuid
  left join enrollment e on e.user_id = :p1::uuid
  left join lesson_progress p on p.enrollment_id = e.id and p.user_id = :p1::uuid
  order by e.enrolled_at, e.id)";
inline constexpr statement load{"enrollment.load", load_sql};

inline constexpr statement enroll{"enrollment.enroll", R"(
  with root as (
    insert into learner (user_id, version, updated_at)
    select :p1::uuid, 1, :p2::timestamptz
    on conflict (user_id) do update set version = learner.version + 1, updated_at = excluded.updated_at
      where learner.version = :p3::bigint
    returning user_id, version),
  made as (
    insert into enrollment (id, user_id, course_id, enrolled_at, last_accessed_at)
    select :p4::uuid, user_id, :p5::uuid, :p2::timestamptz, :p2::timestamptz from root
    returning number),
  told as (
    )" STOA_TELL_ONE(":p6") R"(, root)
  select root.version, made.number from root, made)"};

/// :p6 says whether the lesson is newly done, :p7 whether the course is, :p8 whether the lesson's row is written at
/// all, :p9 since when it is begun; :p10 is null where the notes stay.
inline constexpr statement mark_lesson{"enrollment.mark_lesson", R"(
  with root as (
    insert into learner (user_id, version, updated_at)
    select :p1::uuid, 1, :p2::timestamptz
    on conflict (user_id) do update set version = learner.version + 1, updated_at = excluded.updated_at
      where learner.version = :p3::bigint
    returning user_id, version),
  course_done as (
    update enrollment set last_accessed_at = :p2::timestamptz,
           completed_at = case when :p7::boolean then :p2::timestamptz else enrollment.completed_at end
    from root where enrollment.user_id = root.user_id and enrollment.id = :p4::uuid),
  marked as (
    insert into lesson_progress (enrollment_id, lesson_id, user_id, completed_at, updated_at, started_at, notes)
    select :p4::uuid, :p5::uuid, user_id, case when :p6::boolean then :p2::timestamptz end, :p2::timestamptz,
           :p9::timestamptz, coalesce(:p10::text, '')
    from root where :p8::boolean
    on conflict (enrollment_id, lesson_id) do update
      set completed_at = coalesce(lesson_progress.completed_at, excluded.completed_at), updated_at = excluded.updated_at,
          started_at = coalesce(lesson_progress.started_at, excluded.started_at),
          notes = coalesce(:p10::text, lesson_progress.notes)),
  told as (
    )" STOA_TELL(":p11") R"(, root)
  select version from root)"};

inline constexpr statement notes{"enrollment.notes", R"(
  select lesson_id, notes from lesson_progress
  where user_id = :p1::uuid and enrollment_id = any(:p2::uuid[]) and lesson_id = any(:p3::uuid[]) and notes <> '')"};

inline constexpr statement set_goal{"enrollment.set_goal", R"(
  with root as (
    insert into learner (user_id, target_hours_per_month, version, updated_at)
    select :p1::uuid, :p4::integer, 1, :p2::timestamptz
    on conflict (user_id) do update set target_hours_per_month = excluded.target_hours_per_month,
        version = learner.version + 1, updated_at = excluded.updated_at
      where learner.version = :p3::bigint
    returning version),
  told as (
    )" STOA_TELL_ONE(":p5") R"(, root)
  select version from root)"};

inline constexpr statement ratings{"enrollment.ratings", R"(
  select count(*), coalesce(sum(rating), 0)::bigint from review where user_id = :p1::uuid)"};

/// The learner that rows of `load` describe; version 0 for somebody who never learnt anything.
learner read(user_id user, const rows& r);

}  // namespace stoa::actors::enrollment_store

namespace stoa::actors {

inline bound_statement load(const learner_kind&, const user_id& who) {
  return {&enrollment_store::load, {who}, acts_as(who)};
}
inline result<learner> read(const learner_kind&, const user_id& who, const rows& found) {
  return enrollment_store::read(who, found);
}

inline bound_statement save(const learner& before, const learner& after, const enter_course& told, const moment& m) {
  const auto& made = after.enrollments.back();
  const enrollment_created entered{made.course, told.title, made.id};
  return {&enrollment_store::enroll,
          {after.id, m.now, before.version, made.id, made.course, one_event(m.now, after.id, made.id, entered)},
          acts_as(after.id)};
}
inline void written(learner& next, enrollment& reply, const enter_course&, const rows::row& first) {
  next.version = first.integer(0);
  reply.number = next.enrollments.back().number = first.integer(1);
}
inline std::optional<fault> refused(const enter_course&, const fault& f) {
  if (f.code == "enrollment_once") return enrollment_rules::already_enrolled();
  return std::nullopt;
}

inline bound_statement save(const learner& before, const learner& after, const mark_lesson& told, const moment& m) {
  const auto& was = *before.find(told.enrollment);
  const auto& is = *after.find(told.enrollment);
  const auto& row = is.lessons.at(told.lesson);
  const bool new_lesson = is.lesson_completed(told.lesson) && !was.lesson_completed(told.lesson);
  const bool new_course = is.completed_at != was.completed_at;
  event_rows events(m.now);
  if (new_lesson) {
    const lesson_completed lesson{told.course, told.title, told.lesson, told.enrollment};
    events.tell(after.id, told.lesson, lesson);
  }
  if (new_course) {
    const course_completed course{told.course, told.title, told.enrollment};
    events.tell(after.id, told.course, course);
  }
  const bool touched = new_lesson || row.updated_at == m.now;
  return {&enrollment_store::mark_lesson,
          {after.id, m.now, before.version, told.enrollment, told.lesson, new_lesson, new_course, touched,
           row.started_at, told.mark.notes, events},
          acts_as(after.id)};
}
/// The lesson was taken out of the course since the caller looked at it.
inline std::optional<fault> refused(const mark_lesson&, const fault& f) {
  if (f.kind == fault_kind::conflict) return enrollment_rules::lesson_not_found();
  return std::nullopt;
}

inline bound_statement save(const learner& before, const learner& after, const set_learning_goal& told,
                            const moment& m) {
  return {&enrollment_store::set_goal,
          {after.id, m.now, before.version, told.hours_per_month,
           one_event(m.now, after.id, after.id, learning_goal_set{told.hours_per_month})},
          acts_as(after.id)};
}

}  // namespace stoa::actors
