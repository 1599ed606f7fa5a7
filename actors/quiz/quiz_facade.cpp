#include "actors/course/course_rules.hpp"
#include "actors/facades.hpp"
#include "actors/quiz/quiz_store.hpp"
#include "runtime/entity/entities.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/once.hpp"

namespace stoa::actors {
namespace {

class quiz_facade final : public stoa::quizzes {
 public:
  explicit quiz_facade(services& s)
      : services_(s), courses_(s.areas), enrollments_(s.areas), quizzes_(s.actors, entity_options_of(s)) {
    s.directories.push_back(&quizzes_.home());
    s.observers.push_back(observe<quiz_created>("new_quizzes", [this](const heard<quiz_created>& e) {
      if (!e.here) quizzes_.made(e.fact.quiz_id);
    }));
    s.observers.push_back(observe<quiz_updated, quiz_published, quiz_deleted>("quizzes", [this](const auto& e) {
      if (!e.here) quizzes_.refresh(e.fact.quiz_id);
    }));
  }

  // -- reading --------------------------------------------------------------------------------------------------------

  task<quiz_ptr> get(quiz_id id) override {
    auto q = co_await quizzes_.get(id);
    if (q->deleted) co_return not_found(id);
    co_return q;
  }

  task<seen_quiz> visible(quiz_id id, caller who) override {
    seen_quiz out;
    out.quiz = co_await get(id);
    const auto standing = co_await standing_in(out.quiz->course, who);
    out.as = co_await quiz_rules::view_of(*out.quiz, standing);
    co_return out;
  }

  task<quiz_page> list(quiz_filter filter, caller who, int page, int page_size) override {
    values v{filter.course,
             filter.lesson,
             filter.published_only,
             who.signed_in ? value(who.user) : value(std::nullopt),
             who.is_admin(),
             page_size,
             static_cast<std::int64_t>(page - 1) * page_size};
    const auto as = who.signed_in ? acts_as(who.user) : acting{};
    const auto found = co_await services_.db.query(as, quiz_store::list, std::move(v));
    quiz_page out;
    for (const auto& r : found) {
      out.count = r.integer(0);
      const auto id = r.opt_as<quiz_id>(1);
      if (!id) continue;
      auto reading = quizzes_.get(*id);
      // One that was taken away just now is no longer there.
      const auto q = co_await as_result(std::move(reading));
      if (q.ok()) {
        out.quizzes.push_back(*q);
      } else if (q.refusal().kind != fault_kind::not_found) {
        co_return q.refusal();
      }
    }
    co_return out;
  }

  // -- authoring ------------------------------------------------------------------------------------------------------

  task<quiz_ptr> create(caller who, course_id course, quiz_draft draft) override {
    const auto home = co_await courses_->get(course);
    co_await course_rules::may_change(*home, who);
    co_await belongs(*home, draft);
    const auto now = services_.time.now();
    const auto made = co_await quiz_rules::create(draft, quiz_id::make(), course, now);
    std::function<result<quiz_id>(connection&)> work = [v = quiz_store::create_values(made, now),
                                                        id = made.id](connection& db) {
      db.run(quiz_store::create, v);
      return id;
    };
    const auto id = co_await transact_once<quiz_id>(services_.db, acting{}, "quiz.create", std::move(work));
    quizzes_.made(id);
    services_.events_written();
    co_return co_await get(id);
  }

  task<quiz_ptr> update(caller who, quiz_id id, quiz_draft draft) override {
    const auto q = co_await get(id);
    const auto home = co_await courses_->get(q->course);
    const auto standing = co_await standing_in(q->course, who);
    change_quiz command{standing, std::move(draft)};
    co_await quiz_rules::may_change(*q, command.who);
    co_await belongs(*home, command.draft);
    co_await quizzes_.ask(id, std::move(command));
    co_return co_await get(id);
  }

  task<quiz_ptr> publish(caller who, quiz_id id) override { return open(std::move(who), id, true); }
  task<quiz_ptr> unpublish(caller who, quiz_id id) override { return open(std::move(who), id, false); }

  task<done> remove(caller who, quiz_id id) override {
    const auto q = co_await get(id);
    const auto standing = co_await standing_in(q->course, who);
    drop_quiz command{standing};
    co_return co_await quizzes_.ask(id, std::move(command));
  }

  task<question> add_question(caller who, quiz_id id, question_draft draft) override {
    const auto q = co_await get(id);
    const auto standing = co_await standing_in(q->course, who);
    put_question command{standing, std::nullopt, std::move(draft)};
    co_return co_await quizzes_.ask(id, std::move(command));
  }

  task<question> update_question(caller who, question_id id, question_draft draft) override {
    const auto home = co_await home_of(id, who);
    put_question command{home.who, id, std::move(draft)};
    co_return co_await quizzes_.ask(home.quiz, std::move(command));
  }

  task<done> remove_question(caller who, question_id id) override {
    const auto home = co_await home_of(id, who);
    drop_question command{home.who, id};
    co_return co_await quizzes_.ask(home.quiz, std::move(command));
  }

 private:
  struct place {
    quiz_id quiz;
    quiz_rules::standing who;
  };

  task<quiz_rules::standing> standing_in(course_id id, caller who) {
    const auto home = co_await courses_->get(id);
    bool enrolled = false;
    if (who.signed_in && !home->owned_by(who)) {
      const auto learner = co_await enrollments_->get(who.user);
      enrolled = learner->find(id) != nullptr;
    }
    co_return quiz_rules::standing_of(*home, who, enrolled);
  }

  /// Where a question belongs, for whom its quiz exists: for others there is no such question either.
  task<place> home_of(question_id id, caller who) {
    values v{id};
    const auto found = co_await services_.db.query(quiz_store::home_of, std::move(v));
    if (found.empty()) co_return not_found(id);
    place out;
    out.quiz = found.front().as<quiz_id>(0);
    const auto q = co_await quizzes_.get(out.quiz);
    out.who = co_await standing_in(q->course, std::move(who));
    if (!quiz_rules::view_of(*q, out.who).ok()) co_return not_found(id);
    co_return out;
  }

  /// A lesson that a draft names is one of the course.
  static result<done> belongs(const course& home, const quiz_draft& draft) {
    if (draft.lesson && *draft.lesson && !home.find_lesson(**draft.lesson)) return not_found(lesson_id{});
    return done{};
  }

  task<quiz_ptr> open(caller who, quiz_id id, bool open) {
    const auto q = co_await get(id);
    const auto standing = co_await standing_in(q->course, std::move(who));
    open_quiz command{standing, open};
    co_await quizzes_.ask(id, std::move(command));
    co_return co_await get(id);
  }

  services& services_;
  use_of<stoa::courses> courses_;
  use_of<stoa::enrollments> enrollments_;
  runtime::entities<quiz_kind> quizzes_;
};

}  // namespace

void offer_quizzes(services& s) { s.areas.offer<stoa::quizzes>(std::make_shared<quiz_facade>(s)); }

}  // namespace stoa::actors
