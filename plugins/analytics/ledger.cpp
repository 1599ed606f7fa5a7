#include "ledger.hpp"

#include "stoa/columns.hpp"

namespace stoa_plugin::analytics {

using stoa::statement;
using stoa::task;
using stoa::value;

namespace {

// Rows are written in the order of their keys, so that two who add at once wait for each other and do not get stuck.
constexpr statement add_figures{"add_figures", R"(
  insert into plugin_analytics.figures as f
    (scope, id, teacher, enrollments, completions, lessons, attempts, passed, scores, registrations)
  select * from unnest(:p1::text[], :p2::uuid[], :p3::uuid[], :p4::bigint[], :p5::bigint[], :p6::bigint[], :p7::bigint[],
                       :p8::bigint[], :p9::bigint[], :p10::bigint[])
  on conflict (scope, id) do update set enrollments = f.enrollments + excluded.enrollments,
    completions = f.completions + excluded.completions, lessons = f.lessons + excluded.lessons,
    attempts = f.attempts + excluded.attempts, passed = f.passed + excluded.passed, scores = f.scores + excluded.scores,
    registrations = f.registrations + excluded.registrations)"};

constexpr statement add_days{"add_days", R"(
  insert into plugin_analytics.day_figures as f
    (scope, id, day, enrollments, completions, lessons, attempts, passed, scores, registrations)
  select * from unnest(:p1::text[], :p2::uuid[], :p3::date[], :p4::bigint[], :p5::bigint[], :p6::bigint[], :p7::bigint[],
                       :p8::bigint[], :p9::bigint[], :p10::bigint[])
  on conflict (scope, id, day) do update set enrollments = f.enrollments + excluded.enrollments,
    completions = f.completions + excluded.completions, lessons = f.lessons + excluded.lessons,
    attempts = f.attempts + excluded.attempts, passed = f.passed + excluded.passed, scores = f.scores + excluded.scores,
    registrations = f.registrations + excluded.registrations)"};

constexpr statement add_earned{"add_earned", R"(
  with sold as (
    select * from unnest(:p1::text[], :p2::uuid[], :p3::text[], :p4::date[], :p5::bigint[])
      with ordinality as s(scope, id, currency, day, minor, n)),
  in_all as (
    insert into plugin_analytics.earned_in_all as a (scope, id, currency, minor)
    select scope, id, currency, sum(minor) from sold group by scope, id, currency order by min(n)
    on conflict (scope, id, currency) do update set minor = a.minor + excluded.minor)
  insert into plugin_analytics.earned as e (scope, id, currency, day, minor)
  select scope, id, currency, day, minor from sold order by n
  on conflict (scope, id, currency, day) do update set minor = e.minor + excluded.minor)"};

constexpr statement add_lessons{"add_lessons", R"(
  insert into plugin_analytics.lesson_figures as f (course_id, lesson_id, completions)
  select * from unnest(:p1::uuid[], :p2::uuid[], :p3::bigint[])
  on conflict (course_id, lesson_id) do update set completions = f.completions + excluded.completions)"};

constexpr statement add_questions{"add_questions", R"(
  insert into plugin_analytics.question_figures as f
    (course_id, quiz_id, question_id, asked, answered, correct, earned, points)
  select * from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::bigint[], :p5::bigint[], :p6::bigint[], :p7::bigint[],
                       :p8::bigint[])
  on conflict (course_id, quiz_id, question_id) do update set asked = f.asked + excluded.asked,
    answered = f.answered + excluded.answered, correct = f.correct + excluded.correct, earned = f.earned + excluded.earned,
    points = f.points + excluded.points)"};

constexpr statement add_learners{"add_learners", R"(
  insert into plugin_analytics.learner_figures as f
    (user_id, courses_enrolled, courses_completed, lessons_completed, minutes, quizzes_taken, scores)
  select * from unnest(:p1::uuid[], :p2::bigint[], :p3::bigint[], :p4::bigint[], :p5::bigint[], :p6::bigint[],
                       :p7::bigint[])
  on conflict (user_id) do update set courses_enrolled = f.courses_enrolled + excluded.courses_enrolled,
    courses_completed = f.courses_completed + excluded.courses_completed,
    lessons_completed = f.lessons_completed + excluded.lessons_completed, minutes = f.minutes + excluded.minutes,
    quizzes_taken = f.quizzes_taken + excluded.quizzes_taken, scores = f.scores + excluded.scores)"};

constexpr statement add_activity{"add_activity", R"(
  insert into plugin_analytics.activity as a (user_id, slot, lessons, minutes)
  select * from unnest(:p1::uuid[], :p2::timestamptz[], :p3::bigint[], :p4::bigint[])
  on conflict (user_id, slot) do update set lessons = a.lessons + excluded.lessons, minutes = a.minutes + excluded.minutes)"};

// All that a view shows of somebody in one answer: what a row is, day, currency, then either the sum or the figures.
constexpr statement read_all{"account", R"(
  select 0 as what, null::date as day, '' as currency, enrollments, completions, lessons, attempts, passed, scores,
         registrations
  from plugin_analytics.figures where scope = :p1::text and id = :p2::uuid
  union all
  select 1, day, '', enrollments, completions, lessons, attempts, passed, scores, registrations
  from plugin_analytics.day_figures
  where scope = :p1::text and id = :p2::uuid and day between :p3::date and :p4::date
  union all
  select 2, null, currency, minor, 0, 0, 0, 0, 0, 0
  from plugin_analytics.earned_in_all where scope = :p1::text and id = :p2::uuid
  union all
  select 3, day, currency, minor, 0, 0, 0, 0, 0, 0
  from plugin_analytics.earned
  where scope = :p1::text and id = :p2::uuid and day between :p3::date and :p4::date
  order by what, day, currency)"};
constexpr statement of_courses{"of_courses", R"(
  select id, enrollments, completions, lessons, attempts, passed, scores, registrations
  from plugin_analytics.figures where scope = 'course' and id = any(:p1::uuid[]))"};
constexpr statement lessons_of{"lessons_of", R"(
  select lesson_id, completions from plugin_analytics.lesson_figures where course_id = :p1::uuid)"};
constexpr statement questions_of{"questions_of", R"(
  select quiz_id, question_id, asked, answered, correct, earned, points
  from plugin_analytics.question_figures where course_id = :p1::uuid and asked > 0
  order by correct::float8 / asked, question_id limit :p2::bigint)"};
constexpr statement learner_of{"learner", R"(
  select courses_enrolled, courses_completed, lessons_completed, minutes, quizzes_taken, scores
  from plugin_analytics.learner_figures where user_id = :p1::uuid)"};
constexpr statement activity_of{"activity", R"(
  select (slot at time zone :p2::text)::date as day, sum(lessons)::bigint, sum(minutes)::bigint
  from (select slot, lessons, minutes from plugin_analytics.activity
        where user_id = :p1::uuid and slot >= :p3::timestamptz
        union all select :p4::timestamptz, 0, 0) a
  group by 1 order by 1)"};
constexpr statement forget{"forget_activity", R"(
  with old as (select user_id, slot from plugin_analytics.activity where slot < :p1::timestamptz limit :p2::bigint),
  gone as (delete from plugin_analytics.activity a using old where a.user_id = old.user_id and a.slot = old.slot returning 1)
  select count(*) from gone)"};

constexpr statement begin_reading{"begin_reading", R"(
  insert into plugin_analytics.reading (since) values (:p1::timestamptz) on conflict do nothing)"};
constexpr statement read_reading{"reading", R"(
  select since, part, sale_at, sale_order, study_number, step, attempt_id from plugin_analytics.reading)"};
constexpr statement take_step{"take_step", R"(
  update plugin_analytics.reading set part = :p2::text, sale_at = :p3::timestamptz, sale_order = :p4::uuid,
    study_number = :p5::bigint, attempt_id = :p6::uuid, step = step + 1
  where step = :p1::bigint returning step)"};

/// One bound array for each column of rows that are a map.
class columns_of {
 public:
  explicit columns_of(std::size_t count) : texts_(count) {}

  template <class... T>
  void row(const T&... each) {
    std::size_t at = 0;
    (texts_[at++].push_back(value(each).text().value_or("")), ...);
  }
  void run(stoa::connection& db, const statement& s) const {
    if (texts_.front().empty()) return;
    stoa::values bound;
    for (const auto& t : texts_) bound.push_back(value::array(t));
    db.run(s, bound);
  }

 private:
  std::vector<std::vector<std::string>> texts_;
};

figures read_figures(const stoa::rows::row& r, std::size_t first) {
  figures f;
  for (auto* n : {&f.enrollments, &f.completions, &f.lessons, &f.attempts, &f.passed, &f.scores, &f.registrations})
    *n = r.integer(first++);
  return f;
}

}  // namespace

void add(stoa::connection& db, const tally& t) {
  columns_of totals(10), days(10), earned(5), lessons(3), questions(8), learners(7), activity(4);
  for (const auto& [p, f] : t.in_all) {
    stoa::user_id teacher;
    if (p.first == scope::course) teacher = t.teachers.at(stoa::course_id{p.second});
    totals.row(name_of(p.first), p.second, teacher, f.enrollments, f.completions, f.lessons, f.attempts, f.passed,
               f.scores, f.registrations);
  }
  for (const auto& [key, f] : t.by_day)
    days.row(name_of(key.first.first), key.first.second, key.second, f.enrollments, f.completions, f.lessons,
             f.attempts, f.passed, f.scores, f.registrations);
  for (const auto& [key, minor] : t.earned) {
    const auto& [s, id, currency, day] = key;
    earned.row(name_of(s), id, currency, day, minor);
  }
  for (const auto& [key, n] : t.lessons) lessons.row(key.first, key.second, n);
  for (const auto& [key, q] : t.questions)
    questions.row(std::get<0>(key), std::get<1>(key), std::get<2>(key), q.asked, q.answered, q.correct, q.earned,
                  q.points);
  for (const auto& [who, l] : t.learners)
    learners.row(who, l.enrolled, l.completed, l.lessons, l.minutes, l.quizzes, l.scores);
  for (const auto& [key, done] : t.activity) activity.row(key.first, key.second, done.lessons, done.minutes);
  totals.run(db, add_figures);
  days.run(db, add_days);
  earned.run(db, add_earned);
  lessons.run(db, add_lessons);
  questions.run(db, add_questions);
  learners.run(db, add_learners);
  activity.run(db, add_activity);
}

task<account_of> read_account(stoa::database& db, scope s, stoa::uuid id, stoa::date from, stoa::date to) {
  constexpr std::size_t day = 1, currency = 2, numbers = 3;
  stoa::values v{name_of(s), id, from, to};
  const auto found = co_await db.query(stoa::acts_as_system(), read_all, std::move(v));
  account_of out;
  for (const auto& r : found) switch (r.integer(0)) {
      case 0:
        out.in_all = read_figures(r, numbers);
        break;
      case 1: {
        auto& d = out.days.emplace_back();
        static_cast<figures&>(d) = read_figures(r, numbers);
        d.day = r.day(day);
        break;
      }
      case 2:
        out.earned.push_back({r.text(currency), r.integer(numbers)});
        break;
      default: {
        auto& e = out.earned_days.emplace_back();
        e.day = r.day(day);
        e.currency = r.text(currency);
        e.minor = r.integer(numbers);
      }
    }
  co_return out;
}

task<std::vector<course_figures>> read_courses(stoa::database& db, std::vector<stoa::course_id> ids) {
  stoa::values v{value::array(ids)};
  const auto found = co_await db.query(stoa::acts_as_system(), of_courses, std::move(v));
  std::vector<course_figures> out;
  for (const auto& r : found) {
    auto& c = out.emplace_back();
    static_cast<figures&>(c) = read_figures(r, 1);
    c.id = r.as<stoa::course_id>(0);
  }
  co_return out;
}

task<std::vector<lesson_count>> read_lessons(stoa::database& db, stoa::course_id of) {
  stoa::values v{of};
  const auto found = co_await db.query(stoa::acts_as_system(), lessons_of, std::move(v));
  std::vector<lesson_count> out;
  for (const auto& r : found) out.push_back({r.as<stoa::lesson_id>(0), r.integer(1)});
  co_return out;
}

task<std::vector<question_count>> read_questions(stoa::database& db, stoa::course_id of, std::int64_t most) {
  stoa::values v{of, most};
  const auto found = co_await db.query(stoa::acts_as_system(), questions_of, std::move(v));
  std::vector<question_count> out;
  for (const auto& r : found) {
    auto& q = out.emplace_back();
    q.quiz = r.as<stoa::quiz_id>(0);
    q.question = r.as<stoa::question_id>(1);
    std::size_t at = 2;
    for (auto* n : {&q.asked, &q.answered, &q.correct, &q.earned, &q.points}) *n = r.integer(at++);
  }
  co_return out;
}

task<learner_numbers> read_learner(stoa::database& db, stoa::user_id who) {
  stoa::values v{who};
  const auto found = co_await db.query(stoa::acts_as(who), learner_of, std::move(v));
  learner_numbers out;
  if (found.empty()) co_return out;
  std::size_t at = 0;
  for (auto* n : {&out.enrolled, &out.completed, &out.lessons, &out.minutes, &out.quizzes, &out.scores})
    *n = found.front().integer(at++);
  co_return out;
}

task<std::vector<active_day>> read_activity(stoa::database& db, stoa::user_id who, std::string zone,
                                            stoa::timestamp from, stoa::timestamp now) {
  stoa::values v{who, zone.empty() ? std::string("UTC") : zone, from, now};
  auto asking = db.query(stoa::acts_as(who), activity_of, std::move(v));
  auto found = co_await as_result(std::move(asking));
  if (!found) {
    // PostgreSQL may not know a zone that others know.
    if (found.refusal().kind != stoa::fault_kind::invalid || zone.empty()) co_return std::move(found).refusal();
    co_return co_await read_activity(db, who, "", from, now);
  }
  std::vector<active_day> out;
  for (const auto& r : *found) {
    auto& d = out.emplace_back();
    d.day = r.day(0);
    d.lessons = r.integer(1);
    d.minutes = r.integer(2);
  }
  co_return out;
}

task<std::int64_t> forget_activity(stoa::database& db, stoa::timestamp before, std::int64_t most) {
  stoa::values v{before, most};
  const auto gone = co_await db.query(stoa::acts_as_system(), forget, std::move(v), stoa::lane::commands);
  co_return gone.front().integer(0);
}

task<reading> find_reading(stoa::database& db, stoa::timestamp since) {
  auto found = co_await db.query(stoa::acts_as_system(), read_reading, stoa::values{});
  if (found.empty()) {
    stoa::values v{since};
    co_await db.query(stoa::acts_as_system(), begin_reading, std::move(v), stoa::lane::commands);
    found = co_await db.query(stoa::acts_as_system(), read_reading, stoa::values{});
  }
  const auto r = found.front();
  reading out;
  out.since = r.time(0);
  out.part = r.text(1);
  out.sale_at = r.opt_time(2);
  out.sale_order = r.opt_as<stoa::order_id>(3);
  out.study_number = r.integer(4);
  out.step = r.integer(5);
  out.attempt = r.opt_as<stoa::attempt_id>(6);
  co_return out;
}

bool go_on(stoa::connection& db, const reading& from, const reading& to) {
  return !db.run(take_step, {from.step, to.part, to.sale_at, to.sale_order, to.study_number, to.attempt}).empty();
}

}  // namespace stoa_plugin::analytics
