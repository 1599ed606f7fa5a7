#include "api/lms/quiz_views.hpp"

#include <algorithm>

namespace stoa::lms {
namespace {

const std::vector<std::string>& truths() {
  static const std::vector<std::string> both{"true", "false"};
  return both;
}

template <class View>
View to_view(const question& q, int order) {
  View out;
  out.id = q.id;
  out.question_text = q.text;
  out.question_type = std::string(name_of(q.type));
  out.options = q.type == question_type::true_false ? truths() : q.options;
  out.points = q.points;
  out.order = order;
  return out;
}

/// A list where several may be right, a text otherwise.
answer_text shown(const question& q, std::vector<std::string> texts) {
  const bool list = q.type == question_type::multiple_select || texts.size() > 1;
  return {std::move(texts), list};
}

void add_key(question_with_key& out, const question& q, const std::vector<std::string>& key) {
  out.correct_answer = shown(q, key);
  out.explanation = q.explanation;
}

wire::rounded<2> points_of(std::int64_t hundredths) {
  return {static_cast<double>(hundredths) / static_cast<double>(point)};
}

const graded_question* graded(const attempt& a, question_id id) {
  if (!a.result) return nullptr;
  for (const auto& q : a.result->questions)
    if (q.question == id) return &q;
  return nullptr;
}

template <class View>
void fill(View& out, const quiz& q) {
  out.id = q.id;
  out.course_id = q.course;
  out.lesson_id = q.lesson;
  out.title = q.title;
  out.description = q.description;
  out.time_limit_minutes = q.time_limit_minutes;
  out.passing_score_percentage = q.passing_score;
  out.shuffle_questions = q.shuffle_questions;
  out.max_attempts = q.max_attempts;
  out.is_published = q.published();
  out.question_count = q.asked();
  out.created_at = q.created_at;
  out.updated_at = q.updated_at;
}

template <class Question>
attempt_members<Question> view_of(const seen_attempt& seen, timestamp now) {
  const auto& a = *seen.attempt;
  attempt_members<Question> out;
  out.id = a.id;
  out.quiz_id = a.quiz;
  out.student_id = a.learner;
  out.number = a.number;
  out.started_at = a.started_at;
  out.deadline_at = a.deadline;
  out.ended_at = a.ended_at;
  if (a.ended_by) out.closed_by = std::string(name_of(*a.ended_by));
  if (const auto left = a.time_left(now)) out.time_left_seconds = left->count();
  out.sequence = a.sequence;
  if (a.result) {
    out.score = a.result->score;
    out.passed = a.result->passed;
    out.points_earned = points_of(a.result->earned);
    out.points_possible = a.result->points;
    out.points_possible = a.result->points / point;
  }
  int order = 0;
  for (const auto at : a.order) {
    const auto& q = a.paper->questions.at(at);
    const auto* came_to = seen.with_key ? graded(a, q.id) : nullptr;
    auto shown_question = to_view<Question>(q, ++order);
    if (came_to) shown_question.points = came_to->points;
    if constexpr (std::is_same_v<Question, question_with_key>)
      add_key(shown_question, q, came_to && came_to->key ? *came_to->key : q.correct);
    out.questions.push_back(std::move(shown_question));
    const auto* given = a.answer_to(q.id);
    if (!given) continue;
    answer_view answer;
    answer.question_id = q.id;
    if (!given->value.empty()) answer.answer = shown(q, given->value);
    answer.sequence = given->sequence;
    answer.saved_at = given->saved_at;
    if (came_to) {
      answer.correct = came_to->correct;
      answer.points_earned = points_of(came_to->earned);
    }
    out.answers.push_back(std::move(answer));
  }
  return out;
}

}  // namespace

quiz_view_item to_item(const quiz& q) {
  quiz_view_item out;
  fill(out, q);
  return out;
}

question_with_key with_key(const question& q) {
  auto out = to_view<question_with_key>(q, q.position);
  add_key(out, q, q.correct);
  out.tags = q.tags;
  return out;
}

quiz_with_keys with_keys(const quiz& q) {
  quiz_with_keys out;
  fill(out, q);
  for (const auto& each : q.questions) out.questions.push_back(with_key(each));
  out.draws.emplace();
  for (const auto& d : q.draws) out.draws->push_back({d.tag, d.count});
  return out;
}

quiz_detail without_keys(const quiz& q, quiz_view as) {
  quiz_detail out;
  fill(out, q);
  if (as == quiz_view::outside) return out;
  int order = 0;
  for (const auto& each : q.questions)
    if (!q.drawn(each)) out.questions.push_back(to_view<question_view>(each, ++order));
  return out;
}

std::string attempt_json(const seen_attempt& seen, timestamp now) {
  return seen.with_key ? wire::write(view_of<question_with_key>(seen, now))
                       : wire::write(view_of<question_view>(seen, now));
}

}  // namespace stoa::lms

namespace stoa::wire {

namespace {

std::optional<std::string> one_answer(const json& in) {
  if (in.is_string() || in.is_number()) return in.text();
  if (in.is_boolean()) return std::string(in.as_boolean() ? "true" : "false");
  return std::nullopt;
}

}  // namespace

void codec<lms::answer_text>::decode(const json& in, const std::string& field, lms::answer_text& out, problems& bad) {
  using limits = quiz_limits;
  out = {};
  if (in.is_null()) return;
  out.list = in.is_array();
  const auto take = [&](const json& item, const std::string& name) {
    auto text = one_answer(item);
    if (!text) return bad.add(name, "This value must be a string.", "type");
    if (has_control(*text, true))
      return bad.add(name, "This value contains characters that are not allowed.", "characters");
    detail::check_length(*text, 0, limits::option, name, bad);
    out.all.push_back(std::move(*text));
  };
  if (!out.list) return take(in, field);
  if (in.items().size() > limits::options) return bad.add(field, "There are too many items.", "length");
  for (std::size_t i = 0; i < in.items().size(); ++i) take(in.items()[i], field + "." + std::to_string(i));
}

void codec<lms::answer_text>::encode(json_writer& w, const lms::answer_text& v) {
  if (v.list) return codec<std::vector<std::string>>::encode(w, v.all);
  if (v.all.empty())
    w.null();
  else
    w.string(v.all.front());
}

void codec<lms::answer_text>::schema(json_writer& w, schema_registry& r) {
  w.begin_object();
  w.key("anyOf");
  w.begin_array();
  detail::simple_schema(w, "string");
  codec<std::vector<std::string>>::schema(w, r);
  detail::simple_schema(w, "null");
  w.end_array();
  w.end_object();
}

}  // namespace stoa::wire
