#include "actors/actors.hpp"
#include "actors/enrollment/enrollment_facade.hpp"
#include "actors/enrollment/enrollment_rules.hpp"
#include "actors/enrollment/enrollment_store.hpp"
#include "actors/services.hpp"
#include "runtime/actor/entity.hpp"
#include "runtime/actor/snapshots.hpp"

namespace stoa::actors {
namespace {

using learner_snapshots = runtime::snapshots<user_id, learner>;

/// The state of one learner's actor: all that was last committed of their learning.
class learner_entity final : public runtime::entity<learner_actor> {
 public:
  static constexpr const char* name = "enrollment";

  learner_entity(pointer self, services& s, learner_snapshots& published, user_id id)
      : entity(self, s.db, s.log, s.mailbox), services_(s), published_(published), id_(id) {}

  task<learner_ptr> read() {
    publish(current_);
    co_return current_;
  }

  task<enrollment> enter(enter_course c) {
    const auto now = services_.time.now();
    auto made = co_await enrollment_rules::enroll(*current_, *c.course, c.who, enrollment_id::make(), now);
    values v{id_, now, current_->version, made.id, made.course, c.course->title};
    auto writing = write(enrollment_store::enroll, std::move(v));
    auto outcome = co_await as_result(std::move(writing));
    if (!outcome && outcome.refusal().code == "enrollment_once") {
      forget();
      co_return enrollment_rules::already_enrolled();
    }
    auto row = co_await std::move(outcome);
    made.number = row.front().integer(1);
    learner next = *current_;
    next.enrollments.push_back(made);
    commit(std::move(next), row);
    services_.events_written();
    co_return made;
  }

  task<lesson_completion> finish(finish_lesson c) {
    auto before = co_await enrollment_rules::find(*current_, c.enrollment);
    const auto now = services_.time.now();
    auto step = co_await enrollment_rules::complete_lesson(before, *c.course, c.lesson, now);
    if (step.changes()) {
      values v{id_,
               now,
               current_->version,
               before.id,
               c.lesson,
               c.course->id,
               step.lesson_is_new,
               step.course_is_new,
               c.course->title};
      auto writing = write(enrollment_store::complete_lesson, std::move(v));
      auto outcome = co_await as_result(std::move(writing));
      // The lesson was taken out of the course since its snapshot was made.
      if (!outcome && outcome.refusal().kind == fault_kind::conflict) co_return enrollment_rules::lesson_not_found();
      auto row = co_await std::move(outcome);
      learner next = *current_;
      for (auto& e : next.enrollments)
        if (e.id == before.id) e = step.after;
      commit(std::move(next), row);
      services_.events_written();
    }
    lesson_completion out;
    out.lesson = c.lesson;
    out.enrollment = before.id;
    out.completed_at = step.completed_at;
    out.progress = progress_of(step.after, *c.course);
    out.course = c.course;
    co_return out;
  }

  task<learner_ptr> set_goal(int hours) {
    values v{id_, services_.time.now(), current_->version, hours};
    auto writing = write(enrollment_store::set_goal, std::move(v));
    auto row = co_await std::move(writing);
    learner next = *current_;
    next.target_hours_per_month = hours;
    commit(std::move(next), row);
    co_return current_;
  }

  /// For whoever must know that the rows as they now stand are what readers see.
  task<done> reload() { return load(); }

 protected:
  task<done> load() override {
    values v{id_};
    auto loading = query(enrollment_store::load, std::move(v));
    auto found = co_await as_result(std::move(loading));
    if (!found) {
      closed();
      co_return std::move(found).refusal();
    }
    publish(std::make_shared<learner>(enrollment_store::read(id_, *found)));
    co_return done{};
  }

  void closed() override {
    if (current_) published_.withdraw(id_, current_);
  }

 private:
  /// A guarded write. Where it fails, nobody here knows what the rows say by now: readers ask, rather than see the
  /// past.
  task<rows> write(const statement& s, values v) {
    auto running = query(s, std::move(v));
    auto written = co_await as_result(std::move(running));
    if (!written || written->empty()) closed();
    co_return co_await runtime::won(co_await std::move(written));
  }

  /// After the commit, and only then: memory and snapshot follow.
  void commit(learner next, const rows& root) {
    next.version = root.front().integer(0);
    publish(std::make_shared<learner>(std::move(next)));
  }

  void publish(learner_ptr next) {
    current_ = std::move(next);
    published_.publish(id_, current_);
  }

  services& services_;
  learner_snapshots& published_;
  user_id id_;
  learner_ptr current_;
};

learner_actor::behavior_type learner_behavior(learner_actor::stateful_pointer<runtime::held<learner_entity>> self,
                                              services* s, learner_snapshots* published, user_id id) {
  auto& me = self->state.emplace(self, *s, *published, id);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](read_learner) { return me.enqueue<learner_ptr>([&me] { return me.read(); }); },
      [&me](enter_course& c) { return me.enqueue<enrollment>([&me, c = std::move(c)] { return me.enter(c); }); },
      [&me](finish_lesson& c) {
        return me.enqueue<lesson_completion>([&me, c = std::move(c)] { return me.finish(c); });
      },
      [&me](set_learning_goal c) {
        return me.enqueue<learner_ptr>([&me, c] { return me.set_goal(c.hours_per_month); });
      },
      [&me](refresh_learner) { me.forget_and_reload(); },
      [&me](reload_learner) { return me.enqueue<done>([&me] { return me.reload(); }); },
  };
}

class enrollment_facade final : public stoa::enrollments {
 public:
  explicit enrollment_facade(services& s)
      : services_(s), directory_("enrollment", s.actors, s.time, [this](const user_id& id) {
          return services_.actors.caf().spawn(learner_behavior, &services_, &published_, id);
        }) {
    s.directories.push_back(&directory_);
  }

  task<learner_ptr> get(user_id user) override {
    if (auto ready = published_.find(user)) co_return ready;
    co_return co_await directory_.ask<learner_ptr>(user, read_learner{});
  }

  learner_ptr peek(user_id user) const override { return published_.find(user); }

  task<enrollment> enroll(caller who, course_id course) override {
    auto loading = services_.courses->get(course);
    auto wanted = co_await std::move(loading);
    enter_course command{who, std::move(wanted)};
    auto asking = directory_.ask<enrollment>(who.user, std::move(command));
    co_return co_await std::move(asking);
  }

  task<lesson_completion> complete_lesson(user_id user, enrollment_id enrollment, lesson_id lesson) override {
    auto reading = get(user);
    auto who = co_await std::move(reading);
    auto entered = co_await enrollment_rules::find(*who, enrollment);
    auto loading = services_.courses->get(entered.course);
    auto course = co_await std::move(loading);
    finish_lesson command{enrollment, lesson, std::move(course)};
    auto asking = directory_.ask<lesson_completion>(user, std::move(command));
    co_return co_await std::move(asking);
  }

  task<learner_ptr> set_goal(user_id user, int hours_per_month) override {
    co_return co_await directory_.ask<learner_ptr>(user, set_learning_goal{hours_per_month});
  }

  void refresh(user_id user) override {
    if (auto live = directory_.peek(user)) caf::anon_send(live, refresh_learner{});
  }

  task<done> reload(user_id user) override { co_return co_await directory_.ask<done>(user, reload_learner{}); }

  task<ratings_given> ratings(user_id user) override {
    values v{user};
    auto counting = services_.db.query(enrollment_store::ratings, std::move(v));
    const auto counted = co_await std::move(counting);
    co_return ratings_given{counted.front().integer(0), counted.front().integer(1)};
  }

 private:
  services& services_;
  learner_snapshots published_;
  runtime::directory<user_id, learner_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::enrollments> make_enrollments(services& s) {
  auto facade = std::make_unique<enrollment_facade>(s);
  s.enrollments = facade.get();
  return facade;
}

}  // namespace stoa::actors
