// The analytics plugin: settings, routes, and the answers' shapes.
#include <array>
#include <atomic>
#include <memory>

#include "gathering.hpp"
#include "views.hpp"

namespace stoa_plugin::analytics {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 1>& settings() {
  static const std::array<setting, 1> all{{
      {"activity_days",
       setting_type::integer,
       "400",
       "For how many days it is known at which time of the day a learner did something",
       {},
       false,
       activity_shown + 2,
       4000},
  }};
  return all;
}

constexpr std::int64_t forgotten_at_once = 5000;
/// The courses that an instructor's view lists, the newest.
constexpr int courses_listed = 100;
constexpr std::int64_t questions_listed = 200;

struct span_of_days {
  std::optional<wire::whole<1, 366>> days;
};
BOOST_DESCRIBE_STRUCT(span_of_days, (), (days))

role_set only(std::initializer_list<role> roles) {
  role_set r;
  for (const auto one : roles) r.add(one);
  return r;
}

period period_of(const span_of_days& in, timestamp now) {
  const auto to = day_of(now);
  return {to - days{(in.days ? in.days->value : 30) - 1}, to};
}

class analytics_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    activity_kept_ = days{host.settings().integer("activity_days")};
    gathering_ = std::make_unique<gathering>(host);
  }

  void wire(plugin_host& host) override {
    host.consume_awaiting<enrollment_created, lesson_completed, course_completed, payment_completed, user_created,
                          attempt_closed, attempt_regraded>(
        "figures", [this](facts batch) { return gathering_->of_events(std::move(batch)); });
    host.every("history", seconds{2}, [this] { return read_history(); });
    host.every("old activity", hours{6}, [this] { return forget_old(); });

    auto at = host.routes(dialect("lms")).area("analytics", *this);
    at.get("/analytics/student", {.auth = auth::required, .summary = "What one has learnt, in numbers"},
           &analytics_plugin::student);
    const auto teachers = only({role::instructor, role::admin});
    at.get("/analytics/instructor",
           {.auth = auth::required, .summary = "All that one teaches, in numbers", .roles = teachers},
           &analytics_plugin::instructor);
    at.get("/analytics/courses/{course_id}/analytics",
           {.auth = auth::required,
            .summary = "A course in numbers: by days, by lessons and by questions of its quizzes",
            .roles = teachers},
           &analytics_plugin::of_course);
    at.get("/analytics/system",
           {.auth = auth::required, .summary = "Everything in numbers", .roles = only({role::admin})},
           &analytics_plugin::system);
  }

  void drain() override { leaving_ = true; }

 private:
  task<student_analytics> student(const request& q) {
    const auto who = co_await host_->use<people>().get(q.who.user);
    const auto numbers = co_await read_learner(host_->database(), q.who.user);
    const auto from = q.now - days{activity_shown + 1};
    const auto active = co_await read_activity(host_->database(), q.who.user, who->timezone, from, q.now);
    co_return show_student(numbers, active);
  }

  task<instructor_analytics> instructor(const request& q, span_of_days in) {
    const auto span = period_of(in, q.now);
    const auto numbers =
        co_await read_account(host_->database(), scope::instructor, q.who.user.value, span.from, span.to);
    catalog_query newest;
    newest.page_size = courses_listed;
    const auto taught = co_await host_->use<catalog>().taught_by(q.who.user, std::move(newest));
    std::vector<course_id> ids;
    for (const auto& c : taught->courses) ids.push_back(c->id);
    const auto of_each = co_await read_courses(host_->database(), std::move(ids));
    co_return show_instructor(numbers, span, *taught, of_each, gathering_->complete());
  }

  task<course_analytics> of_course(const request& q, in_path<"course_id", course_id> id, span_of_days in) {
    const auto course = co_await host_->use<courses>().visible(*id, q.who);
    if (!course->owned_by(q.who))
      co_return fault{fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action."};
    const auto span = period_of(in, q.now);
    const auto numbers = co_await read_account(host_->database(), scope::course, id->value, span.from, span.to);
    const auto lessons = co_await read_lessons(host_->database(), *id);
    const auto questions = co_await read_questions(host_->database(), *id, questions_listed);
    known_quizzes quizzes;
    for (const auto& asked : questions) {
      if (quizzes.contains(asked.quiz)) continue;
      auto found = co_await as_result(host_->use<stoa::quizzes>().get(asked.quiz));
      if (!found && found.refusal().kind != fault_kind::not_found) co_return std::move(found).refusal();
      if (found) quizzes.emplace(asked.quiz, std::move(*found));
    }
    co_return show_course(*course, numbers, span, lessons, questions, quizzes, gathering_->complete());
  }

  task<system_analytics> system(const request& q, span_of_days in) {
    const auto span = period_of(in, q.now);
    const uuid everything;
    const auto numbers = co_await read_account(host_->database(), scope::system, everything, span.from, span.to);
    catalog_query any;
    any.page_size = 1;
    const auto published = co_await host_->use<catalog>().page(std::move(any));
    co_return show_system(numbers, span, published->count, gathering_->complete());
  }

  task<done> read_history() {
    while (!leaving_.load()) {
      const bool more = co_await gathering_->read_history();
      if (!more) break;
    }
    co_return done{};
  }

  task<done> forget_old() {
    std::int64_t gone = forgotten_at_once;
    while (!leaving_.load() && gone == forgotten_at_once)
      gone = co_await forget_activity(host_->database(), host_->clock().now() - activity_kept_, forgotten_at_once);
    co_return done{};
  }

  plugin_host* host_ = nullptr;
  days activity_kept_{400};
  std::unique_ptr<gathering> gathering_;
  std::atomic<bool> leaving_{false};
};

}  // namespace

}  // namespace stoa_plugin::analytics

STOA_PLUGIN("analytics", "1.0.0", stoa_plugin::analytics::analytics_plugin, stoa_plugin::analytics::settings())
