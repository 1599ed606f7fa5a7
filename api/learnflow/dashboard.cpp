#include "api/learnflow/dashboard.hpp"

#include "actors/dashboard/learner_numbers.hpp"
#include "actors/dashboard/recommendations.hpp"

namespace stoa::learnflow {
namespace {

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
  std::string thumbnail;
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
  std::string thumbnail;
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
  recommended out;
  out.id = c.id;
  out.title = c.title;
  out.slug = c.slug;
  out.instructor = {c.instructor.id, c.instructor.first_name, c.instructor.last_name};
  out.thumbnail = c.thumbnail_url;
  out.rating.value = c.numbers.rating();
  out.rating_count = c.numbers.rating_count;
  out.student_count = c.numbers.students;
  out.duration_hours = c.duration_hours();
  out.level = title_of(c.level);
  out.price = c.price;
  if (c.original_price_minor) out.original_price = wire::decimal(*c.original_price_minor);
  out.is_new = c.is_new(now);
  out.recommendation_reason = in.reason;
  out.relevance_score.value = in.score;
  return out;
}

}  // namespace

void add_dashboard_routes(route_table& routes, stoa::domain& domain, const stoa::clock& clock) {
  routes.get<wire::nothing, stats_out>(
      "/dashboard/stats/", {.auth = auth::required, .summary = "What one has learnt so far", .tag = "dashboard"},
      [&domain, &clock](const request& q, wire::nothing) -> task<stats_out> {
        auto reading = domain.enrollments.get(q.who.user);
        auto who = co_await std::move(reading);
        auto counting = actors::learner_numbers(std::move(who), domain.courses, clock.now());
        const auto n = co_await std::move(counting);
        auto rating = domain.enrollments.ratings(q.who.user);
        const auto given = co_await std::move(rating);
        stats_out out;
        out.courses_enrolled = n.courses_enrolled;
        out.courses_completed = n.courses_completed;
        out.total_hours_learned.value = n.hours_learned;
        out.current_streak_days = n.streak_days;
        out.average_rating_given.value = given.average();
        out.certificates_earned = n.certificates_earned;
        out.last_activity = n.last_activity;
        out.this_month_hours.value = n.hours_this_month;
        out.goals = to_wire(n.goal);
        co_return out;
      });

  routes.get<wire::nothing, continued_list>(
      "/dashboard/continue-learning/",
      {.auth = auth::required, .summary = "Unfinished courses, the one touched last first", .tag = "dashboard"},
      [&domain, &clock](const request& q, wire::nothing) -> task<continued_list> {
        auto reading = domain.enrollments.get(q.who.user);
        auto who = co_await std::move(reading);
        auto gathering = actors::studies_of(std::move(who), domain.courses);
        const auto of = co_await std::move(gathering);
        continued_list out;
        for (const auto& c : actors::dashboard_rules::continue_learning(of, clock.now()))
          out.results.push_back(to_wire(c));
        co_return out;
      });

  routes.get<wire::nothing, recommended_list>(
      "/dashboard/recommendations/",
      {.auth = auth::required, .summary = "What to learn next, and why", .tag = "dashboard"},
      [&domain, &clock](const request& q, wire::nothing) -> task<recommended_list> {
        auto reading = domain.enrollments.get(q.who.user);
        auto who = co_await std::move(reading);
        auto looking =
            actors::recommendations_for(std::move(who), domain.courses, domain.catalog, most_recommendations);
        const auto found = co_await std::move(looking);
        recommended_list out;
        for (const auto& r : found) out.results.push_back(to_wire(r, clock.now()));
        co_return out;
      });

  routes.put<goal_in, goals_out>(
      "/dashboard/goals/", {.auth = auth::required, .summary = "Set the monthly goal in hours", .tag = "dashboard"},
      [&domain, &clock](const request& q, goal_in in) -> task<goals_out> {
        auto setting = domain.enrollments.set_goal(q.who.user, static_cast<int>(in.target_hours_per_month.value));
        auto who = co_await std::move(setting);
        auto counting = actors::learner_numbers(std::move(who), domain.courses, clock.now());
        const auto n = co_await std::move(counting);
        co_return to_wire(n.goal);
      });
}

}  // namespace stoa::learnflow
