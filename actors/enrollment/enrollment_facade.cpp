#include "actors/facades.hpp"

#include "actors/enrollment/enrollment_store.hpp"
#include "runtime/entity/entities.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {
namespace {

class enrollment_facade final : public stoa::enrollments {
 public:
  explicit enrollment_facade(services& s) : services_(s), courses_(s.areas), learners_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&learners_.home());
    const auto reread = [this](const auto& e) {
      if (!e.here && e.user) learners_.refresh(*e.user);
    };
    s.observers.push_back(
        observe<enrollment_created, lesson_completed, course_completed, learning_goal_set>("learners", reread));
  }

  task<learner_ptr> get(user_id user) override { return learners_.get(user); }
  learner_ptr peek(user_id user) const override { return learners_.peek(user); }

  task<entrance> enroll(caller who, course_id course) override {
    entrance in;
    in.course = co_await courses_->offer(course);
    enter_course command{enrollment_rules::entry_of(in.course, who), in.course.title};
    in.enrollment = co_await learners_.ask(who.user, std::move(command));
    co_return in;
  }

  task<lesson_completion> complete_lesson(user_id user, enrollment_id enrollment, lesson_id lesson) override {
    const auto course = co_await course_of(user, enrollment);
    lesson_mark done;
    done.status = lesson_status::completed;
    auto command = marking(enrollment, lesson, *course, std::move(done));
    const auto finished = co_await learners_.ask(user, std::move(command));
    lesson_completion out;
    out.lesson = lesson;
    out.enrollment = enrollment;
    out.completed_at = finished.completed_at;
    out.progress = progress_of(finished.after, *course);
    out.course = course;
    co_return out;
  }

  task<stoa::enrollment> mark_lesson(user_id user, enrollment_id enrollment, lesson_id lesson,
                                     lesson_mark mark) override {
    const auto course = co_await course_of(user, enrollment);
    auto command = marking(enrollment, lesson, *course, std::move(mark));
    auto marked = co_await learners_.ask(user, std::move(command));
    co_return std::move(marked.after);
  }

  task<lesson_notes> notes(user_id user, std::vector<enrollment_id> enrollments,
                           std::vector<lesson_id> lessons) override {
    lesson_notes out;
    if (lessons.empty()) co_return out;
    values v{user, value::array(enrollments), value::array(lessons)};
    const auto found = co_await services_.db.query(acts_as(user), enrollment_store::notes, std::move(v));
    for (const auto& r : found) out.emplace(r.as<lesson_id>(0), r.text(1));
    co_return out;
  }

  task<learner_ptr> set_goal(user_id user, int hours_per_month) override {
    const set_learning_goal command{hours_per_month};
    co_await learners_.ask(user, command);
    co_return co_await get(user);
  }

  void refresh(user_id user) override { learners_.refresh(user); }
  task<done> reload(user_id user) override { return learners_.reload(user); }

  task<ratings_given> ratings(user_id user) override {
    values v{user};
    const auto counted = co_await services_.db.query(enrollment_store::ratings, std::move(v));
    co_return ratings_given{counted.front().integer(0), counted.front().integer(1)};
  }

 private:
  task<course_ptr> course_of(user_id user, enrollment_id enrollment) {
    const auto who = co_await get(user);
    const auto entered = co_await enrollment_rules::find(*who, enrollment);
    co_return co_await courses_->get(entered.course);
  }

  static actors::mark_lesson marking(enrollment_id enrollment, lesson_id lesson, const course& c, lesson_mark mark) {
    return {enrollment, lesson, c.id, c.title, enrollment_rules::curriculum_of(c), std::move(mark)};
  }

  services& services_;
  use_of<stoa::courses> courses_;
  runtime::entities<learner_kind> learners_;
};

constexpr statement learners_of_course{"enrollment.learners_of", R"(
  select number, user_id, enrolled_at from enrollment where course_id = :p1::uuid and number > :p2::bigint
  order by number limit :p3::bigint)"};

class course_roster final : public roster {
 public:
  explicit course_roster(services& s) : db_(s.db) {}

  task<std::vector<place>> learners_of(course_id course, std::int64_t after, std::int64_t limit) override {
    values v{course, after, limit};
    const auto found = co_await db_.query(acts_as_system(), learners_of_course, std::move(v));
    std::vector<place> out;
    out.reserve(found.size());
    for (const auto& r : found) out.push_back({r.integer(0), user_id{r.as_uuid(1)}, r.time(2)});
    co_return out;
  }

 private:
  database& db_;
};

}  // namespace

void offer_enrollments(services& s) {
  s.areas.offer<stoa::enrollments>(std::make_shared<enrollment_facade>(s));
  s.areas.offer<roster>(std::make_shared<course_roster>(s));
}

}  // namespace stoa::actors
