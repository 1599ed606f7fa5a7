#include <random>
#include <utility>

#include "actors/attempt/attempt_deadlines.hpp"
#include "actors/attempt/attempt_live.hpp"
#include "actors/attempt/attempt_service.hpp"
#include "actors/attempt/attempt_store.hpp"
#include "actors/quiz/question_json.hpp"
#include "runtime/entity/entities.hpp"
#include "runtime/entity/serial.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/jobs.hpp"
#include "stoa/once.hpp"

namespace stoa::actors {

/// A job: closed attempts at a quiz are graded by its present keys.
struct regrade_quiz {
  static constexpr std::string_view kind = "quiz.regrade";
  stoa::quiz_id quiz_id;
};
BOOST_DESCRIBE_STRUCT(regrade_quiz, (), (quiz_id))

namespace {

/// What a start came to.
struct begun {
  attempt_id id;
  bool made = false;
};
BOOST_DESCRIBE_STRUCT(begun, (), (id, made))

std::uint64_t chance() {
  std::random_device source;
  return (static_cast<std::uint64_t>(source()) << 32) | source();
}

class attempt_facade final : public attempt_service {
 public:
  attempt_facade(services& s, attempt_options options)
      : services_(s),
        courses_(s.areas),
        quizzes_(s.areas),
        people_(s.areas),
        live_(std::make_shared<attempt_live>(s, std::move(options.post))),
        attempts_(s.actors, entity_options_of(s),
                  attempt_kind{&papers_, [live = live_](const attempt_ptr& a) { live->changed(*a); }}),
        learners_(s.mailbox, s.actors.ask_timeout()),
        deadlines_(s, [this](attempt_id id) { return close(id); }) {
    s.directories.push_back(&attempts_.home());
    const auto reread = [this](const auto& e) {
      if (!e.here) attempts_.refresh(e.fact.attempt_id);
    };
    s.observers.push_back(observe<attempt_closed, attempt_regraded>("attempts", reread));
  }

  task<done> look_after_deadlines() override { return deadlines_.look(); }
  task<done> look_live() override { return live_->look(); }
  void set_jobs_queued(std::function<void()> told) override { jobs_queued_ = std::move(told); }

  // -- taking one -----------------------------------------------------------------------------------------------------

  task<seen_attempt> start(caller who, quiz_id quiz) override {
    const auto seen = co_await quizzes_->visible(quiz, who);
    co_await attempt_rules::may_start(*seen.quiz, seen.as);
    std::function<task<begun>()> script = [this, user = who.user, quiz] { return begin(user, quiz); };
    const auto open = co_await learners_.run(who.user, std::move(script));
    if (open.made) {
      attempts_.made(open.id);
      services_.events_written();
    }
    auto out = co_await own(who, open.id);
    out.begun = open.made;
    if (open.made) live_->changed(*out.attempt);
    co_return out;
  }

  task<seen_attempt> get(caller who, attempt_id id) override {
    auto out = co_await own(who, id);
    if (out.attempt->overdue(services_.time.now())) {
      co_await close(id);
      out = co_await own(who, id);
    }
    co_return out;
  }

  task<saved_answer> save(caller who, attempt_id id, answer_draft answer) override {
    save_answer command{who.user, std::move(answer)};
    co_return co_await attempts_.ask(id, std::move(command));
  }

  task<seen_attempt> submit(caller who, attempt_id id, std::vector<answer_draft> answers) override {
    submit_attempt command{who.user, std::move(answers)};
    co_await attempts_.ask(id, std::move(command));
    co_return co_await own(std::move(who), id);
  }

  // -- looking at them ------------------------------------------------------------------------------------------------

  task<std::vector<attempt_entry>> history(caller who, attempt_id id, std::int64_t after, std::int64_t limit) override {
    co_await get(std::move(who), id);
    values v{id, after, limit};
    const auto found = co_await services_.db.query(acts_as_system(), attempt_store::history, std::move(v));
    std::vector<attempt_entry> out;
    out.reserve(found.size());
    for (const auto& r : found) out.push_back(attempt_store::read_entry(r));
    co_return out;
  }

  task<attempt_page> of_quiz(caller who, quiz_id quiz, int page, int page_size) override {
    const auto seen = co_await quizzes_->visible(quiz, who);
    const bool all = seen.as == quiz_view::author;
    values v{quiz, all ? value(std::nullopt) : value(who.user), page_size,
             static_cast<std::int64_t>(page - 1) * page_size};
    const auto as = all ? acts_as_system() : acts_as(who.user);
    const auto found = co_await services_.db.query(as, attempt_store::of_quiz, std::move(v));
    attempt_page out;
    for (const auto& r : found) {
      out.count = r.integer(0);
      if (!r.null(1)) out.attempts.push_back(attempt_store::read_progress(r, 1));
    }
    co_return out;
  }

  task<std::shared_ptr<attempt_watch>> watch(caller who, quiz_id quiz) override {
    co_await authored(std::move(who), quiz);
    co_return co_await live_->watch(quiz);
  }

  // -- what an author may do to them ----------------------------------------------------------------------------------

  task<done> allow_time(caller who, quiz_id quiz, user_id learner, int extra_minutes) override {
    const auto q = co_await authored(std::move(who), quiz);
    co_await people_->get(learner);
    values v{quiz, learner, extra_minutes};
    co_await services_.db.query(acts_as_system(), attempt_store::allow_time, std::move(v), lane::commands);
    values asked{quiz, learner};
    const auto open = co_await services_.db.query(acts_as_system(), attempt_store::open_of, std::move(asked));
    if (open.empty()) co_return done{};
    const auto id = open.front().as<attempt_id>(0);
    const auto a = co_await attempts_.get(id);
    // Never less than it was: nobody loses time in the middle of an attempt.
    auto deadline = attempt_rules::deadline_of(q->time_limit_minutes, extra_minutes, a->started_at);
    if (!a->deadline || !deadline || *deadline <= *a->deadline) co_return done{};
    move_deadline command{deadline};
    co_await attempts_.ask(id, std::move(command));
    co_return done{};
  }

  task<std::int64_t> regrade(caller who, quiz_id quiz) override {
    co_await authored(std::move(who), quiz);
    values asked{quiz};
    const auto counted = co_await services_.db.query(acts_as_system(), attempt_store::count_closed, std::move(asked));
    const regrade_quiz job{quiz};
    values v{job_rows(services_.time.now()).add(job)};
    co_await services_.db.query(acts_as_system(), queue_jobs, std::move(v), lane::commands);
    if (jobs_queued_) jobs_queued_();
    co_return counted.front().integer(0);
  }

  std::vector<job_worker> workers() override {
    job_policy policy;
    policy.lease = minutes{30};
    policy.at_once = 1;
    std::vector<job_worker> all;
    all.push_back(worker_of<regrade_quiz>([this](regrade_quiz w, job) { return regrade_all(w.quiz_id); }, policy));
    return all;
  }

 private:
  /// The attempt as somebody may see it who took it or wrote the quiz.
  task<seen_attempt> own(caller who, attempt_id id) {
    seen_attempt out;
    out.attempt = co_await as_it_stands(id);
    if (out.attempt->learner == who.user) {
      out.with_key = !out.attempt->open() && !co_await taking_another(*out.attempt);
      co_return out;
    }
    const auto home = co_await courses_->get(out.attempt->course);
    if (!home->owned_by(who)) co_return not_found(id);
    out.with_key = true;
    co_return out;
  }

  /// Answers are too many for events of their own: whether another process has saved one, an open attempt's row says.
  task<attempt_ptr> as_it_stands(attempt_id id) {
    const auto known = co_await attempts_.get(id);
    if (!known->open()) co_return known;
    values v{id};
    const auto found = co_await services_.db.query(acts_as_system(), attempt_store::version_of, std::move(v));
    if (!found.empty() && found.front().integer(0) != known->version) co_await attempts_.reload(id);
    co_return co_await attempts_.get(id);
  }

  task<done> close(attempt_id id) {
    const close_attempt command;
    return attempts_.ask(id, command);
  }

  /// What is asked in one attempt is not told by another.
  task<bool> taking_another(const attempt& a) {
    values v{a.quiz, a.learner};
    const auto who = acts_as(a.learner);
    const auto found = co_await services_.db.query(who, attempt_store::any_open, std::move(v));
    co_return found.front().boolean(0);
  }

  task<quiz_ptr> authored(caller who, quiz_id quiz) {
    const auto seen = co_await quizzes_->visible(quiz, std::move(who));
    if (seen.as != quiz_view::author)
      co_return fault(fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to see this");
    co_return seen.quiz;
  }

  /// The learner's one open attempt. Indexes let one of them live, and one of each number: where another process was
  /// faster, its attempt is the answer.
  task<begun> begin(user_id learner, quiz_id quiz) {
    for (int attempt = 0;; ++attempt) {
      const auto q = co_await quizzes_->get(quiz);
      const auto home = co_await courses_->get(q->course);
      auto trying = try_begin(learner, q, home->title);
      auto outcome = co_await as_result(std::move(trying));
      if (!outcome) {
        const auto& code = outcome.refusal().code;
        const bool raced = code == "attempt_open_once" || code == "attempt_number_once";
        if (!raced) co_return std::move(outcome).refusal();
        if (attempt >= 3) co_return runtime::lost_race();
        continue;
      }
      if (outcome->made) co_return *outcome;
      const auto open = co_await attempts_.get(outcome->id);
      if (!open->overdue(services_.time.now())) co_return *outcome;
      // Its time is over, and nobody has closed it yet.
      co_await close(open->id);
      if (attempt >= 3) co_return runtime::lost_race();
    }
  }

  task<begun> try_begin(user_id learner, quiz_ptr q, std::string course_title) {
    attempt fresh;
    fresh.id = attempt_id::make();
    fresh.learner = learner;
    fresh.quiz = q->id;
    fresh.course = q->course;
    fresh.course_title = std::move(course_title);
    fresh.paper = papers_.keep(std::make_shared<const quiz_paper>(attempt_rules::paper_of(*q)));
    fresh.order = attempt_rules::order_of(*q, chance());
    fresh.started_at = services_.time.now();
    std::function<result<begun>(connection&)> work = [fresh, q](connection& db) mutable -> result<begun> {
      const auto asked = db.run(attempt_store::before_start, {q->id, fresh.learner, fresh.paper->id});
      const auto found = asked.front();
      if (const auto open = found.opt_as<attempt_id>(0)) return begun{*open, false};
      const auto had = found.integer(1);
      if (auto may = attempt_rules::may_begin_another(q->max_attempts, had); !may) return std::move(may).refusal();
      fresh.number = static_cast<int>(had + 1);
      fresh.deadline = attempt_rules::deadline_of(q->time_limit_minutes, found.integer(2), fresh.started_at);
      if (!found.boolean(3))
        db.run(attempt_store::add_paper, {fresh.paper->id, q->id, q->version, question_json::paper_json(*fresh.paper)});
      db.run(attempt_store::start, attempt_store::start_values(fresh, fresh.started_at));
      return begun{fresh.id, true};
    };
    co_return co_await transact_once<begun>(services_.db, acts_as(learner), "attempt.start", std::move(work));
  }

  task<done> regrade_all(quiz_id quiz) {
    const auto q = co_await quizzes_->get(quiz);
    regrade_attempt command;
    command.passing_score = q->passing_score;
    for (const auto& each : q->questions) command.keys.push_back({each.id, each.correct, each.points});
    uuid after;
    for (;;) {
      values v{quiz, after, std::int64_t{200}};
      const auto found = co_await services_.db.query(acts_as_system(), attempt_store::closed_of_quiz, std::move(v));
      if (found.empty()) co_return done{};
      for (const auto& r : found) {
        after = r.as_uuid(0);
        auto asking = attempts_.ask(attempt_id{after}, command);
        const auto graded = co_await as_result(std::move(asking));
        if (!graded.ok() && graded.refusal().kind != fault_kind::not_found) co_return graded.refusal();
      }
    }
  }

  services& services_;
  use_of<stoa::courses> courses_;
  use_of<stoa::quizzes> quizzes_;
  use_of<stoa::people> people_;
  papers papers_;
  const std::shared_ptr<attempt_live> live_;
  runtime::entities<attempt_kind> attempts_;
  runtime::serial<user_id> learners_;  ///< one learner's starts, one after another
  attempt_deadlines deadlines_;
  std::function<void()> jobs_queued_;
};

}  // namespace

attempt_service& offer_attempts(services& s, attempt_options options) {
  auto facade = std::make_shared<attempt_facade>(s, std::move(options));
  s.areas.offer<stoa::attempts>(facade);
  return *facade;
}

}  // namespace stoa::actors
