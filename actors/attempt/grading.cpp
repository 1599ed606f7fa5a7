#include "actors/attempt/grading.hpp"

#include <algorithm>
#include <array>

#include "runtime/security/normalize.hpp"

namespace stoa::actors::grading {

namespace {

// Typographic ones stand here as their UTF-8; those with a compatibility form are ASCII by then.
constexpr std::array<std::string_view, 19> edge_marks{".", ",", ";", ":", "!", "?", "\"", "'", "`", "(",
                                                      ")", "«", "»", "“", "”", "„", "‘",  "’", "。"};

bool strip_front(std::string_view& text) {
  if (!text.empty() && text.front() == ' ') return text.remove_prefix(1), true;
  for (const auto mark : edge_marks)
    if (text.starts_with(mark)) return text.remove_prefix(mark.size()), true;
  return false;
}

bool strip_back(std::string_view& text) {
  if (!text.empty() && text.back() == ' ') return text.remove_suffix(1), true;
  for (const auto mark : edge_marks)
    if (text.ends_with(mark)) return text.remove_suffix(mark.size()), true;
  return false;
}

std::string single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
    if (!blank)
      out.push_back(c);
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  return out;
}

std::int64_t half_up(std::int64_t part, std::int64_t whole) { return (2 * part + whole) / (2 * whole); }

bool among(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

attempt_result summed(std::vector<graded_question> questions, int passing_score) {
  attempt_result out;
  for (const auto& q : questions) {
    out.earned += q.earned;
    out.points += q.points * point;
  }
  out.score = per_cent(out.earned, out.points);
  out.passed = out.score >= passing_score;
  out.questions = std::move(questions);
  return out;
}

graded_question grade_one(const attempt& a, const question& q) {
  graded_question out;
  out.question = q.id;
  out.points = q.points;
  const auto* given = a.answer_to(q.id);
  out.answered = given && !given->value.empty();
  if (out.answered) out.earned = earned(q, given->value);
  out.correct = out.answered && out.earned == q.points * point;
  return out;
}

}  // namespace

std::string compared(std::string_view text) {
  const auto folded = runtime::fold_identifier(text);
  auto out = single_blanks(folded ? std::string_view(*folded) : text);
  std::string_view rest = out;
  while (strip_front(rest)) {
  }
  while (strip_back(rest)) {
  }
  // An answer that is nothing but marks is compared as it is.
  return rest.empty() ? out : std::string(rest);
}

std::int64_t earned(const question& q, const std::vector<std::string>& value) {
  const auto all = q.points * point;
  switch (q.type) {
    case question_type::multiple_choice:
      return value.size() == 1 && among(q.correct, value.front()) ? all : 0;
    case question_type::true_false:
      return value.size() == 1 && compared(value.front()) == q.correct.front() ? all : 0;
    case question_type::short_answer: {
      if (value.size() != 1) return 0;
      const auto given = compared(value.front());
      const auto same = [&](const std::string& accepted) { return compared(accepted) == given; };
      return std::any_of(q.correct.begin(), q.correct.end(), same) ? all : 0;
    }
    case question_type::multiple_select: {
      const auto right = std::count_if(value.begin(), value.end(), [&](const auto& v) { return among(q.correct, v); });
      const auto wrong = static_cast<std::int64_t>(value.size()) - right;
      const auto net = std::max<std::int64_t>(0, right - wrong);
      return half_up(all * net, static_cast<std::int64_t>(q.correct.size()));
    }
  }
  return 0;
}

int per_cent(std::int64_t part, std::int64_t whole) {
  return whole <= 0 ? 0 : static_cast<int>(half_up(100 * part, whole));
}

attempt_result grade(const attempt& a) {
  std::vector<graded_question> all;
  all.reserve(a.order.size());
  for (const auto at : a.order) all.push_back(grade_one(a, a.paper->questions.at(at)));
  return summed(std::move(all), a.paper->passing_score);
}

attempt_result grade_anew(const attempt& a, const std::vector<question_key>& keys, int passing_score) {
  std::vector<graded_question> all;
  all.reserve(a.order.size());
  for (const auto at : a.order) {
    question q = a.paper->questions.at(at);
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const question_key& k) { return k.question == q.id; });
    const graded_question* before = nullptr;
    if (a.result)
      for (const auto& was : a.result->questions)
        if (was.question == q.id) before = &was;
    if (key == keys.end() && before) {
      all.push_back(*before);
      continue;
    }
    if (key != keys.end()) {
      q.correct = key->correct;
      q.points = key->points;
    }
    auto graded = grade_one(a, q);
    if (q.correct != a.paper->questions[at].correct) graded.key = q.correct;
    all.push_back(std::move(graded));
  }
  return summed(std::move(all), passing_score);
}

}  // namespace stoa::actors::grading
