#include "cli/demo/scale.hpp"

#include <algorithm>
#include <functional>

namespace stoa::demo {
namespace {

/// People of one transaction: no statement comes near the store's time limit.
constexpr int people_at_once = 400;

// :p1 to :p2 are the people, :p3 the day.
#define STOA_PERSON "md5('stoa scale account ' || i)::uuid"
// Each person's courses with how many lessons they finish there: ten on the average, and one in twenty finishes a
// course.
#define STOA_PICKED                                                                                             \
  "shelf as (select id, number, lesson_count, published_at, row_number() over (order by number) - 1 as place, " \
  "count(*) over () as courses from course where status = 'published' and price_minor = 0 and lesson_count >= " \
  "15), "                                                                                                       \
  "chosen as (select i, k, s.id as course, s.lesson_count, greatest(s.published_at, :p3::timestamptz - "        \
  "interval '200 days') as since, "                                                                             \
  "case when i % 20 = 0 and k = 0 then s.lesson_count when k % 2 = 0 then 10 + i % 6 else 10 - i % 6 end as "   \
  "done from generate_series(:p1::int, :p2::int) i cross join generate_series(0, 9) k "                         \
  "join shelf s on s.place = (i * 7 + k) % s.courses), "                                                        \
  "picked as (select *, since + (:p3::timestamptz - since) * ((i * 13 + k * 29) % 97) / 200.0 as entered, "     \
  "md5('stoa scale enrolment ' || i || ' ' || k)::uuid as id, " STOA_PERSON " as person from chosen)"
// When the n-th lesson was finished.
#define STOA_FINISHED(N) "entered + (:p3::timestamptz - entered) * (" N "::float8 / (done + 1))"

constexpr statement one_crowd_at_a_time{"demo.one_crowd_at_a_time", "select pg_advisory_xact_lock(5704003)"};
constexpr statement count_shelf{"demo.count_shelf", R"(
  select count(*) from course where status = 'published' and price_minor = 0 and lesson_count >= 15)"};
constexpr statement count_crowd{"demo.count_crowd",
                                "select count(*) from generate_series(:p1::int, :p2::int) i join account a on a.id "
                                "= " STOA_PERSON};
constexpr statement add_people{"demo.add_people",
                               "insert into account (id, email, email_key, password_hash, first_name, last_name, "
                               "timezone, roles, created_at, updated_at) "
                               "select " STOA_PERSON
                               ", 'scale.' || i || '@example.com', 'scale.' || i || '@example.com', :p4::text, "
                               "'Learner', 'Number ' || i, (array['UTC', 'Europe/Berlin', 'Asia/Kolkata', "
                               "'America/New_York'])[1 + i % 4], 1, :p3::timestamptz - interval '210 days', "
                               ":p3::timestamptz - interval '210 days' from generate_series(:p1::int, :p2::int) i"};
constexpr statement add_learners{"demo.add_crowd_learners",
                                 "insert into learner (user_id, updated_at) select " STOA_PERSON
                                 ", :p3::timestamptz from generate_series(:p1::int, :p2::int) i"};
constexpr statement add_studies{
    "demo.add_studies",
    "with " STOA_PICKED
    ", made as (insert into enrollment (id, user_id, course_id, enrolled_at, last_accessed_at, completed_at) "
    "select id, person, course, entered, " STOA_FINISHED("done") ", case when done >= lesson_count then " STOA_FINISHED(
        "done") " end from picked order by entered, id returning course_id), "
                "counted as (select course_id, count(*) as students from made group by course_id) "
                "insert into course_numbers as n (course_id, students) select course_id, students from counted order "
                "by course_id on conflict (course_id) do update set students = n.students + excluded.students"};
constexpr statement add_steps{
    "demo.add_steps",
    "with " STOA_PICKED
    ", ordered as (select l.id, l.course_id, l.duration_minutes, row_number() over (partition by l.course_id order by "
    "s.position, l.position) as n from lesson l join section s on s.id = l.section_id join shelf on shelf.id = "
    "l.course_id) "
    "insert into lesson_progress (enrollment_id, lesson_id, user_id, completed_at, watch_seconds, updated_at) "
    "select p.id, o.id, p.person, " STOA_FINISHED("o.n") ", o.duration_minutes * 60, " STOA_FINISHED(
        "o.n") " from picked p join ordered o on o.course_id = p.course and o.n <= p.done"};
constexpr statement refresh_statistics[] = {
    {"demo.analyze_account", "analyze account"},
    {"demo.analyze_studies", "analyze enrollment"},
    {"demo.analyze_steps", "analyze lesson_progress"},
};

fault not_to_be_had(std::string why) { return {fault_kind::conflict, "DEMO_CONFLICT", std::move(why)}; }

result<done> add(connection& db, date day, int first, int last, const std::string& hash, int& added) {
  added = 0;
  db.run(one_crowd_at_a_time, {});
  const auto there = db.run(count_crowd, {first, last}).front().integer(0);
  if (there == last - first + 1) return done{};
  if (there > 0) return not_to_be_had("A part of the crowd is missing: it was not this command that made it.");
  if (db.run(count_shelf, {}).front().integer(0) < courses_of_each)
    return not_to_be_had("There are too few free courses with fifteen lessons or more.");
  const timestamp until = day;
  try {
    db.run(add_people, {first, last, until, hash});
  } catch (const db_error& e) {
    if (e.unique_violation()) return not_to_be_had("An address of the crowd is taken.");
    throw;
  }
  db.run(add_learners, {first, last, until});
  db.run(add_studies, {first, last, until});
  db.run(add_steps, {first, last, until});
  added = last - first + 1;
  return done{};
}

}  // namespace

task<int> add_crowd(database& db, date day, std::string hash, logger& log, int people) {
  int all = 0;
  for (int first = 1; first <= people; first += people_at_once) {
    const int last = std::min(first + people_at_once - 1, people);
    int added = 0;
    std::function<result<done>(connection&)> work = [&](connection& c) {
      return add(c, day, first, last, hash, added);
    };
    auto running = db.in_transaction(acts_as_system(), std::move(work));
    co_await std::move(running);
    all += added;
    if (added > 0 && last % 4000 == 0) log.info("crowd of the demo added", {{"people", last}});
  }
  if (all == 0) co_return all;
  for (const auto& table : refresh_statistics) {
    auto running = as_result(db.query(table, {}, lane::commands));
    const auto outcome = co_await running;
    // The data is there all the same, and PostgreSQL gathers them by itself a little later.
    if (!outcome) log.debug("statistics not gathered", {{"statement", table.name}});
  }
  co_return all;
}

}  // namespace stoa::demo
