#include "api/fields.hpp"
#include "api/lms/lms.hpp"
#include "api/lms/quiz_views.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;

using limits = quiz_limits;

struct answer_in {
  stoa::question_id question_id;
  answer_text answer;
};
BOOST_DESCRIBE_STRUCT(answer_in, (), (question_id, answer))

struct submit_in {
  std::optional<wire::list_of<answer_in, 0, limits::questions>> answers;
};
BOOST_DESCRIBE_STRUCT(submit_in, (), (answers))

struct save_in {
  wire::change<answer_text> answer;
};
BOOST_DESCRIBE_STRUCT(save_in, (), (answer))

struct saved_out {
  stoa::attempt_id attempt_id;
  stoa::question_id question_id;
  std::int64_t sequence = 0;
  timestamp saved_at;
  std::optional<timestamp> deadline_at;
  std::optional<std::int64_t> time_left_seconds;
};
BOOST_DESCRIBE_STRUCT(saved_out, (), (attempt_id, question_id, sequence, saved_at, deadline_at, time_left_seconds))

struct progress_out {
  attempt_id id;
  user_id student_id;
  std::string status;  ///< open, submitted, time
  std::int64_t sequence = 0;
  std::optional<question_id> last_question_id;
  int answered = 0;
  int question_count = 0;
  timestamp started_at;
  std::optional<timestamp> deadline_at, ended_at;
  std::optional<int> score;
};
BOOST_DESCRIBE_STRUCT(progress_out, (),
                      (id, student_id, status, sequence, last_question_id, answered, question_count, started_at,
                       deadline_at, ended_at, score))

struct entry_out {
  std::int64_t sequence = 0;
  std::string event;
  timestamp at;
  std::optional<stoa::question_id> question_id;
  std::optional<answer_text> answer;
  std::optional<std::string> closed_by;
  std::optional<std::int64_t> score;
};
BOOST_DESCRIBE_STRUCT(entry_out, (), (sequence, event, at, question_id, answer, closed_by, score))

struct history_out {
  std::vector<entry_out> items;
};
BOOST_DESCRIBE_STRUCT(history_out, (), (items))

struct history_in {
  std::optional<wire::whole<0, 1'000'000'000>> after;
  std::optional<wire::whole<1, 1000>> limit;
};
BOOST_DESCRIBE_STRUCT(history_in, (), (after, limit))

struct time_in {
  wire::given<wire::whole<0, limits::extra_minutes>> extra_minutes;
};
BOOST_DESCRIBE_STRUCT(time_in, (), (extra_minutes))

struct time_out {
  stoa::quiz_id quiz_id;
  stoa::user_id user_id;
  std::int64_t extra_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(time_out, (), (quiz_id, user_id, extra_minutes))

struct regrade_out {
  stoa::quiz_id quiz_id;
  std::int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(regrade_out, (), (quiz_id, attempts))

using of_quiz = in_path<"quiz_id", quiz_id>;
using of_attempt = in_path<"attempt_id", attempt_id>;
using of_question = in_path<"question_id", question_id>;
fault unknown_user() { return {fault_kind::not_found, "USER_NOT_FOUND", "The requested user does not exist"}; }
using of_user = in_path<"user_id", user_id, unknown_user>;
using shown_attempt = encoded<attempt_view>;

constexpr api::field_name fields[] = {{"question", "question_id"}, {"value", "answer"}};

shown_attempt shown(const area_parts& a, const seen_attempt& seen, int status = 200) {
  return {reply::json_text(attempt_json(seen, a.clock.now()), status)};
}

task<shown_attempt> start(const area_parts& a, const request& q, of_quiz id) {
  const auto begun = co_await a.domain.attempts.start(q.who, *id);
  co_return shown(a, begun, begun.begun ? 201 : 200);
}

task<shown_attempt> get(const area_parts& a, const request& q, of_attempt id) {
  const auto seen = co_await a.domain.attempts.get(q.who, *id);
  co_return shown(a, seen);
}

task<saved_out> save(const area_parts& a, const request& q, of_attempt id, of_question question, save_in in) {
  if (!in.answer.present) co_return fault::field("answer", "This field is required.");
  answer_draft draft{*question, {}};
  if (in.answer.value) draft.value = in.answer.value->all;
  auto saving = api::with_fields(a.domain.attempts.save(q.who, *id, std::move(draft)), fields);
  const auto saved = co_await std::move(saving);
  saved_out out;
  out.attempt_id = *id;
  out.question_id = saved.question;
  out.sequence = saved.sequence;
  out.saved_at = saved.saved_at;
  out.deadline_at = saved.deadline;
  if (saved.deadline)
    out.time_left_seconds =
        std::max<std::int64_t>(0, std::chrono::floor<seconds>(*saved.deadline - a.clock.now()).count());
  co_return out;
}

task<shown_attempt> submit(const area_parts& a, const request& q, of_attempt id, submit_in in) {
  std::vector<answer_draft> answers;
  if (in.answers)
    for (auto& each : *in.answers) answers.push_back({each.question_id, std::move(each.answer.all)});
  const auto seen = co_await a.domain.attempts.submit(q.who, *id, std::move(answers));
  co_return shown(a, seen);
}

progress_out to_wire(const attempt_progress& p) {
  progress_out out;
  out.id = p.id;
  out.student_id = p.learner;
  out.status = p.ended_by ? std::string(name_of(*p.ended_by)) : "open";
  out.sequence = p.sequence;
  out.last_question_id = p.last_question;
  out.answered = p.answered;
  out.question_count = p.asked;
  out.started_at = p.started_at;
  out.deadline_at = p.deadline;
  out.ended_at = p.ended_at;
  out.score = p.score;
  return out;
}

task<page_of<progress_out>> of_one_quiz(const area_parts& a, const request& q, of_quiz id, paged<> in) {
  const auto found =
      co_await a.domain.attempts.of_quiz(q.who, *id, static_cast<int>(in.asked.page), static_cast<int>(in.asked.size));
  page_of<progress_out> out{in.asked, found.count, {}};
  for (const auto& each : found.attempts) out.items.push_back(to_wire(each));
  co_return out;
}

task<history_out> history(const area_parts& a, const request& q, of_attempt id, history_in in) {
  const std::int64_t after = in.after ? in.after->value : 0;
  const std::int64_t limit = in.limit ? in.limit->value : 1000;
  const auto found = co_await a.domain.attempts.history(q.who, *id, after, limit);
  history_out out;
  for (const auto& e : found) {
    entry_out one;
    one.sequence = e.sequence;
    one.event = std::string(name_of(e.step));
    one.at = e.at;
    one.question_id = e.question;
    if (e.answer) one.answer = answer_text{*e.answer, e.answer->size() > 1};
    if (e.by) one.closed_by = std::string(name_of(*e.by));
    one.score = e.score;
    out.items.push_back(std::move(one));
  }
  co_return out;
}

/// Writes how far everybody is, and what is new from then on, until the reader leaves.
task<done> tell(std::shared_ptr<attempt_watch> watch, std::shared_ptr<stream_writer> to) {
  to->when_ended([weak = std::weak_ptr<attempt_watch>(watch)] {
    if (const auto still = weak.lock()) still->end();
  });
  co_await to->write("retry: 2000\n\n");
  for (;;) {
    const auto news = co_await watch->next();
    for (const auto& each : news) {
      auto writing = to->write(server_event("", "attempt", wire::write(to_wire(each))));
      co_await std::move(writing);
    }
  }
}

task<reply> live(const area_parts& a, const request& q, of_quiz id) {
  auto watch = co_await a.domain.attempts.watch(q.who, *id);
  reply out = reply::events([watch](std::shared_ptr<stream_writer> to) { return tell(watch, std::move(to)); });
  co_return out;
}

task<time_out> allow_time(const area_parts& a, const request& q, of_quiz id, of_user user, time_in in) {
  if (!in.extra_minutes) co_return fault::field("extra_minutes", "This field is required.");
  const auto extra = static_cast<int>(in.extra_minutes->value);
  co_await a.domain.attempts.allow_time(q.who, *id, *user, extra);
  time_out out{*id, *user, extra};
  co_return out;
}

task<regrade_out> regrade(const area_parts& a, const request& q, of_quiz id) {
  regrade_out out;
  out.quiz_id = *id;
  out.attempts = co_await a.domain.attempts.regrade(q.who, *id);
  co_return out;
}

}  // namespace

void add_attempt_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("attempts", parts);
  at.post("/quizzes/{quiz_id}/attempts",
          {.auth = auth::required,
           .status = 201,
           .summary = "Begin an attempt, or return the one that is open",
           .refuses = {fault_kind::rejected, fault_kind::forbidden},
           .also = {200}},
          start);
  at.get("/quizzes/{quiz_id}/attempts",
         {.auth = auth::required, .summary = "One's own attempts at a quiz; all for its author", .addition = true},
         of_one_quiz);
  at.get("/attempts/{attempt_id}", {.auth = auth::required, .summary = "An attempt with its questions and answers"},
         get);
  at.put("/attempts/{attempt_id}/answers/{question_id}",
         {.auth = auth::required,
          .summary = "Save one answer; it is durable when this is answered",
          .addition = true,
          .refuses = {fault_kind::conflict, fault_kind::too_many}},
         save);
  at.post("/attempts/{attempt_id}/submit", {.auth = auth::required, .summary = "Submit the attempt and have it graded"},
          submit);
  at.get("/attempts/{attempt_id}/history",
         {.auth = auth::required, .summary = "All that happened in an attempt, in its order", .addition = true},
         history);
  at.get("/quizzes/{quiz_id}/live",
         {.auth = auth::required,
          .summary = "How far everybody is, as it changes: server-sent events named `attempt`",
          .addition = true,
          .refuses = {fault_kind::forbidden, fault_kind::too_many},
          .produces = "text/event-stream"},
         live);
  at.put("/quizzes/{quiz_id}/accommodations/{user_id}",
         {.auth = auth::required,
          .summary = "Extra time for one learner",
          .addition = true,
          .refuses = {fault_kind::forbidden}},
         allow_time);
  at.post("/quizzes/{quiz_id}/regrade",
          {.auth = auth::required,
           .status = 202,
           .summary = "Grade closed attempts by the quiz's present keys",
           .addition = true,
           .refuses = {fault_kind::forbidden}},
          regrade);
}

}  // namespace stoa::lms
