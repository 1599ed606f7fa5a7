#include "actors/dashboard/learner_numbers.hpp"
#include "actors/dashboard/recommendations.hpp"
#include "api/certificates.hpp"
#include "api/learnflow/learnflow.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

constexpr std::size_t most_recommendations = 10;

struct goals_out {
  std::int64_t target_hours_per_month = 0;
  std::int64_t progress_percent = 0;
};
BOOST_DESCRIBE_STRUCT(goals_out, (), (target_hours_per_month, progress_percent))

struct stats_out {
  std::int64_t courses_enrolled = 0;
  std::int64_t courses_completed = 0;
  wire::rounded<1> total_hours_learned;
  std::int64_t current_streak_days = 0;
  wire::rounded<1> average_rating_given;
  std::int64_t certificates_earned = 0;
  std::optional<timestamp> last_activity;
  wire::rounded<1> this_month_hours;
  goals_out goals;
};
BOOST_DESCRIBE_STRUCT(stats_out, (),
                      (courses_enrolled, courses_completed, total_hours_learned, current_streak_days,
                       average_rating_given, certificates_earned, last_activity, this_month_hours, goals))

struct continued_course {
  course_id id;
  std::string title;
  wire::shown_url thumbnail;
  std::string instructor;
};
BOOST_DESCRIBE_STRUCT(continued_course, (), (id, title, thumbnail, instructor))

struct continued_lesson {
  lesson_id id;
  std::string title;
  std::int64_t order = 0;
  std::int64_t duration_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(continued_lesson, (), (id, title, order, duration_minutes))

struct continued {
  stoa::enrollment_id enrollment_id;
  continued_course course;
  std::int64_t progress_percent = 0;
  std::int64_t lessons_completed = 0;
  std::int64_t total_lessons = 0;
  timestamp last_accessed;
  wire::rounded<1> time_spent_hours;
  std::optional<continued_lesson> current_lesson;
  date estimated_completion_date;
};
BOOST_DESCRIBE_STRUCT(continued, (),
                      (enrollment_id, course, progress_percent, lessons_completed, total_lessons, last_accessed,
                       time_spent_hours, current_lesson, estimated_completion_date))

struct continued_list {
  std::vector<continued> results;
};
BOOST_DESCRIBE_STRUCT(continued_list, (), (results))

struct recommended_instructor {
  user_id id;
  std::string first_name;
  std::string last_name;
};
BOOST_DESCRIBE_STRUCT(recommended_instructor, (), (id, first_name, last_name))

struct recommended {
  course_id id;
  std::string title;
  std::string slug;
  recommended_instructor instructor;
  wire::shown_url thumbnail;
  wire::rounded<1> rating;
  std::int64_t rating_count = 0;
  std::int64_t student_count = 0;
  std::int64_t duration_hours = 0;
  std::string level;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  bool is_new = false;
  std::string recommendation_reason;
  wire::rounded<2> relevance_score;
};
BOOST_DESCRIBE_STRUCT(recommended, (),
                      (id, title, slug, instructor, thumbnail, rating, rating_count, student_count, duration_hours,
                       level, price, original_price, is_new, recommendation_reason, relevance_score))

struct recommended_list {
  std::vector<recommended> results;
};
BOOST_DESCRIBE_STRUCT(recommended_list, (), (results))

struct goal_in {
  wire::whole<1, 744> target_hours_per_month;
};
BOOST_DESCRIBE_STRUCT(goal_in, (), (target_hours_per_month))

goals_out to_wire(const actors::dashboard_rules::goal& g) { return {g.target_hours_per_month, g.progress_percent}; }

std::string name_of(const instructor& i) {
  if (i.first_name.empty() || i.last_name.empty()) return i.first_name + i.last_name;
  return i.first_name + " " + i.last_name;
}

continued to_wire(const actors::dashboard_rules::continuation& in) {
  const auto& c = *in.what.course;
  const auto& p = in.what.progress;
  continued out;
  out.enrollment_id = in.what.enrollment->id;
  out.course = {c.id, c.title, c.thumbnail_url, name_of(c.instructor)};
  out.progress_percent = p.percent;
  out.lessons_completed = p.lessons_completed;
  out.total_lessons = p.total_lessons;
  out.last_accessed = in.what.enrollment->last_accessed_at;
  out.time_spent_hours.value = static_cast<double>(in.seconds_spent) / 3600;
  if (p.current)
    out.current_lesson =
        continued_lesson{p.current->id, p.current->title, p.current_position, p.current->duration_minutes};
  out.estimated_completion_date = in.estimated_completion;
  return out;
}

recommended to_wire(const actors::recommendation& in, timestamp now) {
  const auto& c = *in.course;
  auto out = wire::same_named<recommended>(c);
  out.thumbnail = c.thumbnail_url;
  out.rating.value = c.numbers.rating();
  out.rating_count = c.numbers.rating_count;
  out.student_count = c.numbers.students;
  out.duration_hours = c.duration_hours();
  out.level = title_of(c.level);
  if (c.original_price_minor) out.original_price = wire::decimal(*c.original_price_minor);
  out.is_new = c.is_new(now);
  out.recommendation_reason = in.reason;
  out.relevance_score.value = in.score;
  return out;
}

task<stats_out> stats(const area_parts& a, const request& q) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto person = co_await a.domain.accounts.get(q.who.user);
  const auto n = co_await actors::learner_numbers(std::move(who), a.domain.courses, person->timezone, a.clock.now());
  const auto given = co_await a.domain.enrollments.ratings(q.who.user);
  stats_out out;
  out.courses_enrolled = n.courses_enrolled;
  out.courses_completed = n.courses_completed;
  out.total_hours_learned.value = n.hours_learned;
  out.current_streak_days = n.streak_days;
  out.average_rating_given.value = given.average();
  const auto held = co_await api::certificates_of(a.domain, q.who.user);
  out.certificates_earned = api::number_of(held);
  out.last_activity = n.last_activity;
  out.this_month_hours.value = n.hours_this_month;
  out.goals = to_wire(n.goal);
  co_return out;
}

task<continued_list> continue_learning(const area_parts& a, const request& q) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto of = co_await actors::studies_of(std::move(who), a.domain.courses);
  const auto person = co_await a.domain.accounts.get(q.who.user);
  const auto theirs = actors::calendar_of(person->timezone);
  continued_list out;
  for (const auto& c : actors::dashboard_rules::continue_learning(of, a.clock.now(), theirs))
    out.results.push_back(to_wire(c));
  co_return out;
}

task<recommended_list> recommend(const area_parts& a, const request& q) {
  auto who = co_await a.domain.enrollments.get(q.who.user);
  const auto found =
      co_await actors::recommendations_for(std::move(who), a.domain.courses, a.domain.catalog, most_recommendations);
  recommended_list out;
  for (const auto& r : found) out.results.push_back(to_wire(r, a.clock.now()));
  co_return out;
}

task<goals_out> set_goal(const area_parts& a, const request& q, goal_in in) {
  auto who = co_await a.domain.enrollments.set_goal(q.who.user, static_cast<int>(in.target_hours_per_month.value));
  const auto person = co_await a.domain.accounts.get(q.who.user);
  const auto n = co_await actors::learner_numbers(std::move(who), a.domain.courses, person->timezone, a.clock.now());
  co_return to_wire(n.goal);
}

}  // namespace

void add_dashboard_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("dashboard", parts);
  at.get("/dashboard/stats/", {.auth = auth::required, .summary = "What one has learnt so far"}, stats);
  at.get("/dashboard/continue-learning/",
         {.auth = auth::required, .summary = "Unfinished courses, the one touched last first"}, continue_learning);
  at.get("/dashboard/recommendations/", {.auth = auth::required, .summary = "What to learn next, and why"}, recommend);
  at.put("/dashboard/goals/", {.auth = auth::required, .summary = "Set the monthly goal in hours", .addition = true},
         set_goal);
}

}  // namespace stoa::learnflow
