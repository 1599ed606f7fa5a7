#include "api/fields.hpp"
#include "api/lms/lms.hpp"
#include "api/lms/quiz_views.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;

using limits = quiz_limits;
using type_name = wire::choice<"multiple_choice", "multiple_select", "true_false", "short_answer">;
using time_limit = wire::whole<1, limits::time_limit_minutes>;
using attempt_bound = wire::whole<1, limits::attempts>;
using per_cent = wire::whole<0, 100>;
using option_list = wire::list_of<wire::text<1, limits::option>, 0, limits::options>;
using tag_list = wire::list_of<wire::text<1, limits::tag>, 0, limits::tags>;

struct draw_in {
  wire::text<1, limits::tag> tag;
  wire::whole<1, limits::questions> count;
};
BOOST_DESCRIBE_STRUCT(draw_in, (), (tag, count))
using draw_list = wire::list_of<draw_in, 0, limits::draws>;

struct new_quiz {
  stoa::course_id course_id;
  std::optional<stoa::lesson_id> lesson_id;
  wire::text<1, limits::title> title;
  std::optional<wire::text<0, limits::description>> description;
  std::optional<time_limit> time_limit_minutes;
  std::optional<per_cent> passing_score_percentage;
  std::optional<bool> shuffle_questions;
  std::optional<attempt_bound> max_attempts;
  std::optional<draw_list> draws;
};
BOOST_DESCRIBE_STRUCT(new_quiz, (),
                      (course_id, lesson_id, title, description, time_limit_minutes, passing_score_percentage,
                       shuffle_questions, max_attempts, draws))

struct quiz_change {
  wire::change<stoa::lesson_id> lesson_id;
  wire::given<wire::text<1, limits::title>> title;
  wire::emptiable<wire::text<0, limits::description>> description;
  wire::change<time_limit> time_limit_minutes;
  wire::given<per_cent> passing_score_percentage;
  wire::given<bool> shuffle_questions;
  wire::change<attempt_bound> max_attempts;
  wire::emptiable<draw_list> draws;
};
BOOST_DESCRIBE_STRUCT(quiz_change, (),
                      (lesson_id, title, description, time_limit_minutes, passing_score_percentage, shuffle_questions,
                       max_attempts, draws))

struct new_question {
  wire::text<1, limits::question_text> question_text;
  type_name question_type;
  std::optional<option_list> options;
  answer_text correct_answer;
  std::optional<wire::whole<1, limits::points>> points;
  std::optional<wire::whole<1, limits::position>> order;
  std::optional<wire::text<0, limits::explanation>> explanation;
  std::optional<tag_list> tags;
};
BOOST_DESCRIBE_STRUCT(new_question, (),
                      (question_text, question_type, options, correct_answer, points, order, explanation, tags))

void check_members(const new_question& in, wire::problems& bad) {
  if (in.correct_answer.all.empty() && !bad.about("correct_answer"))
    bad.add("correct_answer", "This field is required.", "required");
}

struct question_change {
  wire::given<wire::text<1, limits::question_text>> question_text;
  wire::given<type_name> question_type;
  wire::emptiable<option_list> options;
  wire::given<answer_text> correct_answer;
  wire::given<wire::whole<1, limits::points>> points;
  wire::given<wire::whole<1, limits::position>> order;
  wire::emptiable<wire::text<0, limits::explanation>> explanation;
  wire::emptiable<tag_list> tags;
};
BOOST_DESCRIBE_STRUCT(question_change, (),
                      (question_text, question_type, options, correct_answer, points, order, explanation, tags))

struct list_filter {
  std::optional<stoa::course_id> course_id;
  std::optional<stoa::lesson_id> lesson_id;
  std::optional<bool> published_only;
};
BOOST_DESCRIBE_STRUCT(list_filter, (), (course_id, lesson_id, published_only))

constexpr api::field_name quiz_fields[] = {{"passing_score", "passing_score_percentage"}};
constexpr api::field_name question_fields[] = {
    {"text", "question_text"}, {"type", "question_type"}, {"correct", "correct_answer"}, {"position", "order"}};

using of_quiz = in_path<"quiz_id", quiz_id>;
using of_question = in_path<"question_id", question_id>;
using shown_quiz = encoded<quiz_with_keys>;

std::vector<question_draw> draws_of(const draw_list& in) {
  std::vector<question_draw> out;
  for (const auto& d : in) out.push_back({d.tag, static_cast<int>(d.count.value)});
  return out;
}

std::vector<std::string> texts_of(const auto& in) { return {in.begin(), in.end()}; }

template <class Number>
std::optional<int> number_of(const std::optional<Number>& in) {
  if (!in) return std::nullopt;
  return static_cast<int>(in->value);
}

quiz_draft draft_of(const new_quiz& in) {
  quiz_draft d;
  d.title = in.title;
  d.description = in.description;
  d.lesson = in.lesson_id;
  d.time_limit_minutes = number_of(in.time_limit_minutes);
  d.max_attempts = number_of(in.max_attempts);
  d.passing_score = number_of(in.passing_score_percentage);
  d.shuffle_questions = in.shuffle_questions;
  if (in.draws) d.draws = draws_of(*in.draws);
  return d;
}

quiz_draft draft_of(const quiz_change& in) {
  quiz_draft d;
  d.title = in.title;
  d.description = in.description;
  if (in.lesson_id.present) d.lesson.emplace(in.lesson_id.value);
  if (in.time_limit_minutes.present) d.time_limit_minutes.emplace(number_of(in.time_limit_minutes.value));
  if (in.max_attempts.present) d.max_attempts.emplace(number_of(in.max_attempts.value));
  d.passing_score = number_of<per_cent>(in.passing_score_percentage);
  d.shuffle_questions = in.shuffle_questions;
  if (in.draws) d.draws = draws_of(*in.draws);
  return d;
}

/// Of a new question or a changed one: their members have the same names.
template <class In>
question_draft draft_of_question(const In& in) {
  question_draft d;
  if (in.options) d.options = texts_of(*in.options);
  if (in.points) d.points = static_cast<int>(in.points->value);
  if (in.order) d.position = static_cast<int>(in.order->value);
  if (in.explanation) d.explanation = *in.explanation;
  if (in.tags) d.tags = texts_of(*in.tags);
  return d;
}

role_set teachers() {
  role_set r;
  r.add(role::instructor);
  r.add(role::admin);
  return r;
}

route_options authoring(std::string summary, int status = 200, bool addition = false) {
  route_options o;
  o.auth = auth::required;
  o.status = status;
  o.summary = std::move(summary);
  o.roles = teachers();
  o.addition = addition;
  o.refuses = {fault_kind::rejected};
  return o;
}

shown_quiz shown(const seen_quiz& seen, int status = 200) {
  auto text = seen.as == quiz_view::author ? wire::write(with_keys(*seen.quiz))
                                           : wire::write(without_keys(*seen.quiz, seen.as));
  return {reply::json_text(std::move(text), status)};
}

shown_quiz shown_to_author(quiz_ptr q, int status = 200) {
  seen_quiz seen{std::move(q), quiz_view::author};
  return shown(seen, status);
}

task<page_of<quiz_view_item>> list(const area_parts& a, const request& q, paged<list_filter> in) {
  quiz_filter filter{in.course_id, in.lesson_id, in.published_only.value_or(false)};
  const auto found =
      co_await a.domain.quizzes.list(filter, q.who, static_cast<int>(in.asked.page), static_cast<int>(in.asked.size));
  page_of<quiz_view_item> out{in.asked, found.count, {}};
  for (const auto& each : found.quizzes) out.items.push_back(to_item(*each));
  co_return out;
}

task<shown_quiz> create(const area_parts& a, const request& q, new_quiz in) {
  auto creating = api::with_fields(a.domain.quizzes.create(q.who, in.course_id, draft_of(in)), quiz_fields);
  auto made = co_await std::move(creating);
  co_return shown_to_author(std::move(made), 201);
}

task<shown_quiz> get(const area_parts& a, const request& q, of_quiz id) {
  const auto seen = co_await a.domain.quizzes.visible(*id, q.who);
  co_return shown(seen);
}

task<shown_quiz> change(const area_parts& a, const request& q, of_quiz id, quiz_change in) {
  auto changing = api::with_fields(a.domain.quizzes.update(q.who, *id, draft_of(in)), quiz_fields);
  auto changed = co_await std::move(changing);
  co_return shown_to_author(std::move(changed));
}

task<wire::nothing> remove(const area_parts& a, const request& q, of_quiz id) {
  co_await a.domain.quizzes.remove(q.who, *id);
  co_return wire::nothing{};
}

task<shown_quiz> publish(const area_parts& a, const request& q, of_quiz id) {
  auto published = co_await a.domain.quizzes.publish(q.who, *id);
  co_return shown_to_author(std::move(published));
}

task<shown_quiz> unpublish(const area_parts& a, const request& q, of_quiz id) {
  auto taken_back = co_await a.domain.quizzes.unpublish(q.who, *id);
  co_return shown_to_author(std::move(taken_back));
}

task<question_with_key> add_question(const area_parts& a, const request& q, of_quiz id, new_question in) {
  auto draft = draft_of_question(in);
  draft.text = in.question_text;
  draft.type = question_type_named(in.question_type);
  draft.correct = in.correct_answer.all;
  auto adding = api::with_fields(a.domain.quizzes.add_question(q.who, *id, std::move(draft)), question_fields);
  const auto added = co_await std::move(adding);
  co_return with_key(added);
}

task<question_with_key> change_question(const area_parts& a, const request& q, of_question id, question_change in) {
  auto draft = draft_of_question(in);
  draft.text = in.question_text;
  if (in.question_type) draft.type = question_type_named(*in.question_type);
  if (in.correct_answer) draft.correct = in.correct_answer->all;
  auto changing = api::with_fields(a.domain.quizzes.update_question(q.who, *id, std::move(draft)), question_fields);
  const auto changed = co_await std::move(changing);
  co_return with_key(changed);
}

task<wire::nothing> remove_question(const area_parts& a, const request& q, of_question id) {
  co_await a.domain.quizzes.remove_question(q.who, *id);
  co_return wire::nothing{};
}

}  // namespace

void add_quiz_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("quizzes", parts);
  at.get("/quizzes", {.auth = auth::optional, .summary = "Quizzes that one may see, by course and lesson"}, list);
  auto begin = authoring("Begin a quiz, as a draft", 201);
  begin.refuses.push_back(fault_kind::not_found);
  at.post("/quizzes", std::move(begin), create);
  at.get("/quizzes/{quiz_id}", {.auth = auth::required, .summary = "A quiz with its questions"}, get);
  at.patch("/quizzes/{quiz_id}", authoring("Change parts of a quiz; no attempt that has begun is touched"), change);
  at.del("/quizzes/{quiz_id}", authoring("Take a quiz away; attempts stay", 204), remove);
  at.post("/quizzes/{quiz_id}/publish", authoring("Let learners begin a quiz", 200, true), publish);
  at.post("/quizzes/{quiz_id}/unpublish", authoring("Take a quiz back", 200, true), unpublish);
  at.post("/quizzes/{quiz_id}/questions", authoring("Add a question", 201, true), add_question);
  at.patch("/questions/{question_id}", authoring("Change a question", 200, true), change_question);
  at.del("/questions/{question_id}", authoring("Take a question out", 204, true), remove_question);
}

}  // namespace stoa::lms
