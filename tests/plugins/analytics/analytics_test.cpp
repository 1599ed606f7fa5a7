#include <catch2/catch.hpp>

#include "plugins/analytics/gathering.hpp"
#include "stoa/areas/catalog.hpp"
#include "stoa/areas/history.hpp"
#include "tests/plugins/support/plugin_bench.hpp"

extern "C" const stoa::plugin_entry* stoa_analytics_entry();

using namespace stoa;
using namespace stoa::testing;
namespace analytics = stoa_plugin::analytics;

namespace {

/// What was before, as a test says.
class told_history final : public history {
 public:
  task<std::vector<past_study>> studies(std::int64_t after, std::int64_t limit) override {
    ++asked;
    std::vector<past_study> out;
    for (const auto& s : all_studies)
      if (s.number > after && static_cast<std::int64_t>(out.size()) < limit) out.push_back(s);
    co_return out;
  }
  task<std::vector<past_sale>> sales(std::optional<past_sale> after, std::int64_t limit) override {
    std::vector<past_sale> out;
    for (const auto& s : all_sales)
      if ((!after || s.at > after->at) && static_cast<std::int64_t>(out.size()) < limit) out.push_back(s);
    co_return out;
  }
  task<std::vector<past_attempt>> attempts(timestamp until, std::optional<attempt_id> after,
                                           std::int64_t limit) override {
    asked_until = until;
    std::vector<past_attempt> out;
    for (const auto& a : all_attempts)
      if ((!after || a.attempt.value > after->value) && static_cast<std::int64_t>(out.size()) < limit) out.push_back(a);
    co_return out;
  }
  task<std::vector<day_count>> registrations(timestamp) override { co_return people; }

  std::vector<past_study> all_studies;
  std::vector<past_sale> all_sales;
  std::vector<past_attempt> all_attempts;
  std::vector<day_count> people;
  timestamp asked_until{};
  int asked = 0;
};

/// The courses that the bench knows.
class known_catalog final : public catalog {
 public:
  task<catalog_page_ptr> page(catalog_query) override {
    co_return of([](const course&) { return true; });
  }
  task<catalog_page_ptr> taught_by(std::optional<user_id> who, catalog_query) override {
    co_return of([&](const course& c) { return c.instructor.id == who; });
  }
  task<std::vector<category>> categories() override { co_return std::vector<category>(); }
  std::int64_t version() const noexcept override { return 1; }
  const std::vector<std::string>& orderings() const override { return none; }

  std::vector<course_ptr> all;
  std::vector<std::string> none;

 private:
  template <class F>
  catalog_page_ptr of(F&& wanted) {
    auto out = std::make_shared<catalog_page>();
    for (const auto& c : all)
      if (wanted(*c)) out->courses.push_back(c);
    out->count = static_cast<std::int64_t>(out->courses.size());
    return out;
  }
};

/// No quiz is known by more than its id.
class no_quizzes final : public quizzes {
 public:
  task<quiz_ptr> get(quiz_id id) override { co_return not_found(id); }
  task<seen_quiz> visible(quiz_id id, caller) override { co_return not_found(id); }
  task<quiz_page> list(quiz_filter, caller, int, int) override { co_return quiz_page(); }
  task<quiz_ptr> create(caller, course_id, quiz_draft) override { return nobody<quiz_ptr>(); }
  task<quiz_ptr> update(caller, quiz_id, quiz_draft) override { return nobody<quiz_ptr>(); }
  task<quiz_ptr> publish(caller, quiz_id) override { return nobody<quiz_ptr>(); }
  task<quiz_ptr> unpublish(caller, quiz_id) override { return nobody<quiz_ptr>(); }
  task<done> remove(caller, quiz_id) override { return nobody<done>(); }
  task<question> add_question(caller, quiz_id, question_draft) override { return nobody<question>(); }
  task<question> update_question(caller, question_id, question_draft) override { return nobody<question>(); }
  task<done> remove_question(caller, question_id) override { return nobody<done>(); }
};

class bench : public plugin_bench {
 public:
  bench() : plugin_bench(*stoa_analytics_entry(), nobody_there) {
    host.areas.offer<stoa::history>(before);
    host.areas.offer<stoa::catalog>(shelf);
    host.areas.offer<stoa::quizzes>(unknown);
    course = courses.add(teacher.user, "C++");
    other = courses.add(user_id::make(), "Go");
    shelf.all = {course, other};
    for (const auto& who : {ada, bob, teacher, admin}) {
      account a;
      a.id = who.user;
      a.timezone = who.user == bob.user ? "Asia/Kolkata" : "";
      host.people.add(std::move(a));
    }
  }

  json get(const std::string& path, const caller& who, parameters query = {}) {
    return body_of(ask(path, who, std::move(query)));
  }
  result<reply> ask(const std::string& path, const caller& who, parameters query = {}) {
    return call(dialect("lms"), verb::get, path, who, "", {}, std::move(query));
  }
  result<reply> ask_course(const std::string& id, const caller& who, parameters query = {}) {
    return call(dialect("lms"), verb::get, "/analytics/courses/{course_id}/analytics", who, "", {{"course_id", id}},
                std::move(query));
  }
  void read_history() { REQUIRE(wait_for<done>(host.periodic.at("history")())); }

  event enters(const caller& who, const course& c) {
    const auto id = enrollment_id::make();
    return event_of(who.user, id.value, enrollment_created{c.id, c.title, id});
  }
  event finishes(const caller& who, const course& c, std::size_t lesson) {
    const auto l = c.sections[0].lessons[lesson].id;
    return event_of(who.user, l.value, lesson_completed{c.id, c.title, l, enrollment_id::make()});
  }
  event completes(const caller& who, const course& c) {
    return event_of(who.user, c.id.value, course_completed{c.id, c.title, enrollment_id::make()});
  }

  const caller ada = signed_in(user_id::make()), bob = signed_in(user_id::make()),
               teacher = signed_in(user_id::make(), {role::instructor}),
               admin = signed_in(user_id::make(), {role::admin});
  course_ptr course, other;
  told_history before;
  known_catalog shelf;
  no_quizzes unknown;

 private:
  static inline no_http nobody_there;
};

std::int64_t number(const json& j, const char* name) { return j.find(name)->as_integer().value(); }

}  // namespace

TEST_CASE("analytics: a learner's numbers follow what they do", "[analytics]") {
  bench b;
  const auto none = b.get("/analytics/student", b.ada);
  for (const char* key : {"courses_enrolled", "courses_completed", "total_lessons_completed", "quizzes_taken",
                          "average_quiz_score", "learning_time_minutes"})
    CHECK(number(none, key) == 0);
  b.tell({b.enters(b.ada, *b.course), b.enters(b.ada, *b.other), b.finishes(b.ada, *b.course, 0),
          b.finishes(b.ada, *b.course, 1), b.completes(b.ada, *b.course), b.enters(b.bob, *b.course)});
  attempt_closed closed;
  closed.course_id = b.course->id;
  closed.quiz_id = quiz_id::make();
  closed.score = 80;
  b.tell({b.event_of(b.ada.user, uuid::make_v7(), closed)});
  const auto mine = b.get("/analytics/student", b.ada);
  CHECK(number(mine, "courses_enrolled") == 2);
  CHECK(number(mine, "courses_completed") == 1);
  CHECK(number(mine, "total_lessons_completed") == 2);
  CHECK(number(mine, "learning_time_minutes") == 60);
  CHECK(number(mine, "quizzes_taken") == 1);
  CHECK(number(mine, "average_quiz_score") == 80);
  const auto& days = mine.find("daily_activity")->items();
  REQUIRE(days.size() == 30);
  CHECK(number(days.back(), "lessons_completed") == 2);
  CHECK(number(b.get("/analytics/student", b.bob), "courses_enrolled") == 1);
  // Another learner's rows are not theirs to see.
  CHECK(b.one("select count(*) from plugin_analytics.learner_figures", acts_as(b.ada.user)) == "1");
  CHECK(b.one("select count(*) from plugin_analytics.activity", acts_as(b.bob.user)) == "0");
}

TEST_CASE("analytics: days are those of the learner's time zone", "[analytics]") {
  bench b;
  b.time.set(*parse_rfc3339("2026-01-27T20:05:00Z"));  // in Kolkata the next day
  b.tell({b.finishes(b.ada, *b.course, 0), b.finishes(b.bob, *b.course, 0)});
  const auto last_of = [&](const caller& who) {
    const auto shown = b.get("/analytics/student", who);
    const auto& day = shown.find("daily_activity")->items().back();
    return bench::text(day, "date") + " " + std::to_string(number(day, "lessons_completed"));
  };
  CHECK(last_of(b.ada) == "2026-01-27 1");
  CHECK(last_of(b.bob) == "2026-01-28 1");
  account moved;
  moved.id = b.ada.user;
  moved.timezone = "Atlantis/Capital";
  b.host.people.add(std::move(moved));
  CHECK(last_of(b.ada) == "2026-01-27 1");
}

TEST_CASE("analytics: a course by days, lessons and questions", "[analytics]") {
  bench b;
  b.tell({b.enters(b.ada, *b.course), b.finishes(b.ada, *b.course, 0)});
  b.time.advance(days{1});
  attempt_closed closed;
  closed.course_id = b.course->id;
  closed.quiz_id = quiz_id::make();
  closed.score = 50;
  const auto easy = question_id::make(), hard = question_id::make();
  closed.answers = {{easy, true, true, 100, 100}, {hard, true, false, 0, 100}};
  b.tell({b.enters(b.bob, *b.course), b.finishes(b.bob, *b.course, 0), b.finishes(b.bob, *b.course, 1),
          b.completes(b.bob, *b.course), b.event_of(b.bob.user, uuid::make_v7(), closed)});
  const auto shown = bench::body_of(b.ask_course(b.course->id.str(), b.teacher, {{"days", "2"}}));
  CHECK(number(shown, "total_enrollments") == 2);
  CHECK(number(shown, "total_completions") == 1);
  CHECK(shown.find("completion_rate")->text() == "50");
  const auto& daily = shown.find("daily")->items();
  REQUIRE(daily.size() == 2);
  CHECK(number(daily[0], "enrollments") == 1);
  CHECK(number(daily[1], "enrollments") == 1);
  CHECK(number(daily[1], "lessons_completed") == 2);
  CHECK(number(daily[1], "completions") == 1);
  CHECK(number(daily[1], "quiz_attempts") == 1);
  const auto& lessons = shown.find("lessons")->items();
  REQUIRE(lessons.size() == 2);
  CHECK(number(lessons[0], "completions") == 2);
  CHECK(number(lessons[1], "completions") == 1);
  const auto& questions = shown.find("questions")->items();
  REQUIRE(questions.size() == 2);
  CHECK(bench::text(questions[0], "question_id") == hard.str());
  CHECK(questions[0].find("difficulty")->text() == "1");
  CHECK(questions[1].find("difficulty")->text() == "0");

  CHECK(b.ask_course(b.course->id.str(), b.admin));
  const auto stranger = bench::signed_in(user_id::make(), {role::instructor});
  CHECK(bench::refusal(b.ask_course(b.course->id.str(), stranger)) == "PERMISSION_DENIED");
  auto draft = *b.course;
  draft.status = course_status::draft;
  b.courses.put(draft);
  CHECK(bench::refusal(b.ask_course(b.course->id.str(), stranger)) == "COURSE_NOT_FOUND");
  CHECK(bench::refusal(b.ask_course("none", b.teacher)) == "COURSE_NOT_FOUND");
  CHECK(bench::bad_fields(b.ask_course(b.course->id.str(), b.teacher, {{"days", "0"}})) == "days");
  CHECK(bench::bad_fields(b.ask_course(b.course->id.str(), b.teacher, {{"days", "367"}})) == "days");
}

TEST_CASE("analytics: an instructor sees their courses, the system all", "[analytics]") {
  bench b;
  b.tell({b.enters(b.ada, *b.course), b.enters(b.bob, *b.course), b.enters(b.bob, *b.other),
          b.event_of(b.ada.user, b.ada.user.value, user_created{1})});
  const auto taught = b.get("/analytics/instructor", b.teacher);
  CHECK(number(taught, "total_enrollments") == 2);
  CHECK(number(taught, "total_courses") == 1);
  const auto& courses = taught.find("courses")->items();
  REQUIRE(courses.size() == 1);
  CHECK(bench::text(courses[0], "title") == "C++");
  CHECK(number(courses[0], "enrollments") == 2);
  CHECK(number(b.get("/analytics/instructor", b.admin), "total_enrollments") == 0);
  const auto all = b.get("/analytics/system", b.admin);
  CHECK(number(all, "total_enrollments") == 3);
  CHECK(number(all, "total_users") == 1);
  CHECK(number(all, "published_courses") == 2);
}

TEST_CASE("analytics: what was paid is shared among the courses of the order", "[analytics]") {
  bench b;
  b.host.orders.put_in_cart(b.ada.user, b.course->id, "C++", 3000);
  b.host.orders.put_in_cart(b.ada.user, b.other->id, "Go", 1000);
  const auto made = wait_for<created_order>(b.host.orders.create_from_cart(b.ada.user, {})).value().order;
  payment_completed paid;
  paid.order_id = made.id;
  paid.total_minor = made.total_minor;
  paid.currency = made.currency;
  for (const auto& i : made.items) paid.items.push_back({i.course, i.title});
  b.tell({b.event_of(b.ada.user, made.id.value, paid)});
  const auto shown = bench::body_of(b.ask_course(b.course->id.str(), b.teacher, {{"days", "1"}}));
  CHECK(shown.find("revenue")->dump() == R"([{"currency":"usd","amount":30.00}])");
  CHECK(shown.find("daily")->items()[0].find("revenue")->dump() == R"([{"currency":"usd","amount":30.00}])");
  CHECK(b.get("/analytics/system", b.admin).find("revenue")->dump() == R"([{"currency":"usd","amount":40.00}])");
}

TEST_CASE("analytics: what was before is counted once, and no fact twice", "[analytics]") {
  bench b;
  const auto now = b.time.now();
  const auto& lessons = b.course->sections[0].lessons;
  for (int i = 1; i <= 1200; ++i) {
    past_study s;
    s.number = i;
    s.user = i == 1 ? b.ada.user : user_id::make();
    s.course = b.course->id;
    s.since = now - days{2};
    s.lessons.push_back({lessons[0].id, now - days{1}});
    b.before.all_studies.push_back(s);
  }
  // Begun before the line, finished behind it: that part comes as events.
  auto& first = b.before.all_studies.front();
  first.lessons.push_back({lessons[1].id, now - minutes{1}});
  first.finished_at = now - minutes{1};
  b.before.all_studies.back().course = course_id::make();  // of a course that is no more
  b.before.people = {{analytics::day_of(now) - days{3}, 1200}};
  past_sale sale;
  sale.order = order_id::make();
  sale.at = now - days{2};
  sale.currency = "usd";
  sale.shares = {{b.course->id, 1999}};
  b.before.all_sales = {sale};
  sale.at = now - minutes{1};
  b.before.all_sales.push_back(sale);
  for (int i = 0; i < 700; ++i) {
    past_attempt a;
    a.attempt = attempt_id::make();
    a.user = i == 0 ? b.ada.user : user_id::make();
    a.course = b.course->id;
    a.quiz = quiz_id{uuid::from_name("a quiz")};
    a.at = i < 699 ? now - days{2} : now - minutes{1};
    a.score = 80;
    a.passed = true;
    a.answers = {{question_id{uuid::from_name("a question")}, true, i % 2 == 0, 100, 100}};
    b.before.all_attempts.push_back(std::move(a));
  }
  std::sort(b.before.all_attempts.begin(), b.before.all_attempts.end(),
            [](const auto& x, const auto& y) { return x.attempt.value < y.attempt.value; });

  const auto first_look = b.get("/analytics/system", b.admin);
  CHECK_FALSE(first_look.find("history_complete")->as_boolean());
  b.read_history();
  const auto asked = b.before.asked;
  b.read_history();
  CHECK(b.before.asked == asked);
  CHECK(b.before.asked_until < now - minutes{30});
  CHECK(
      b.one("select attempts || ' ' || passed || ' ' || scores from plugin_analytics.figures where scope = 'course'") ==
      "699 699 55920");
  CHECK(b.one("select asked from plugin_analytics.question_figures") == "699");
  const auto done = b.finishes(b.ada, *b.course, 1), over = b.completes(b.ada, *b.course);
  auto long_ago = b.enters(b.ada, *b.course);
  long_ago.at = now - days{2};
  b.tell({done, over, long_ago});

  const auto all = b.get("/analytics/system", b.admin, {{"days", "4"}});
  CHECK(all.find("history_complete")->as_boolean());
  CHECK(number(all, "total_enrollments") == 1199);
  CHECK(number(all, "total_lessons_completed") == 1200);
  CHECK(number(all, "total_completions") == 1);
  CHECK(number(all, "total_users") == 1200);
  CHECK(all.find("revenue")->dump() == R"([{"currency":"usd","amount":19.99}])");
  CHECK(number(all.find("daily")->items()[1], "enrollments") == 1199);
  const auto mine = b.get("/analytics/student", b.ada);
  CHECK(number(mine, "courses_enrolled") == 1);
  CHECK(number(mine, "total_lessons_completed") == 2);
  CHECK(number(mine, "courses_completed") == 1);
}

TEST_CASE("analytics: single steps are forgotten, numbers stay", "[analytics]") {
  bench b;
  b.tell({b.finishes(b.ada, *b.course, 0)});
  b.time.advance(days{401});
  REQUIRE(wait_for<done>(b.host.periodic.at("old activity")()));
  CHECK(b.one("select count(*) from plugin_analytics.activity") == "0");
  CHECK(number(b.get("/analytics/student", b.ada), "total_lessons_completed") == 1);
}
