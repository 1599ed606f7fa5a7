#include "stoa/areas/quizzes.hpp"

#include <algorithm>
#include <iterator>

namespace stoa {

namespace {

/// The enumerator whose place in `names` the word has.
template <class Enum, std::size_t N>
std::optional<Enum> named(const std::string_view (&names)[N], std::string_view word) {
  const auto at = std::find(std::begin(names), std::end(names), word);
  if (at == std::end(names)) return std::nullopt;
  return static_cast<Enum>(at - std::begin(names));
}

constexpr std::string_view question_types[] = {"multiple_choice", "multiple_select", "true_false", "short_answer"};
constexpr std::string_view attempt_ends[] = {"submitted", "time"};
constexpr std::string_view attempt_steps[] = {"started", "answer_saved", "time_added", "closed", "graded", "regraded"};

}  // namespace

std::string_view name_of(question_type t) noexcept { return question_types[static_cast<std::size_t>(t)]; }
std::optional<question_type> question_type_named(std::string_view name) noexcept {
  return named<question_type>(question_types, name);
}

std::string_view name_of(attempt_end e) noexcept { return attempt_ends[static_cast<std::size_t>(e)]; }
std::optional<attempt_end> attempt_end_named(std::string_view name) noexcept {
  return named<attempt_end>(attempt_ends, name);
}

std::string_view name_of(attempt_step s) noexcept { return attempt_steps[static_cast<std::size_t>(s)]; }
std::optional<attempt_step> attempt_step_named(std::string_view name) noexcept {
  return named<attempt_step>(attempt_steps, name);
}

const question* quiz::find(question_id wanted) const {
  for (const auto& q : questions)
    if (q.id == wanted) return &q;
  return nullptr;
}

bool quiz::drawn(const question& q) const {
  return std::any_of(draws.begin(), draws.end(), [&](const question_draw& d) {
    return std::find(q.tags.begin(), q.tags.end(), d.tag) != q.tags.end();
  });
}

int quiz::asked() const {
  std::int64_t total = std::count_if(questions.begin(), questions.end(), [&](const question& q) { return !drawn(q); });
  std::int64_t pool = static_cast<std::int64_t>(questions.size()) - total;
  for (const auto& d : draws) {
    const auto there = std::count_if(questions.begin(), questions.end(), [&](const question& q) {
      return std::find(q.tags.begin(), q.tags.end(), d.tag) != q.tags.end();
    });
    const auto taken = std::min<std::int64_t>({d.count, there, pool});
    total += taken;
    pool -= taken;
  }
  return static_cast<int>(total);
}

std::optional<seconds> attempt::time_left(timestamp now) const {
  if (!deadline) return std::nullopt;
  if (!open() || now >= *deadline) return seconds{0};
  return std::chrono::floor<seconds>(*deadline - now);
}

const question* attempt::asked(question_id wanted) const {
  if (!paper) return nullptr;
  for (const auto at : order)
    if (at < paper->questions.size() && paper->questions[at].id == wanted) return &paper->questions[at];
  return nullptr;
}

const given_answer* attempt::answer_to(question_id wanted) const {
  for (const auto& a : answers)
    if (a.question == wanted) return &a;
  return nullptr;
}

quizzes::~quizzes() = default;
attempts::~attempts() = default;
attempt_watch::~attempt_watch() = default;

fault not_found(const quiz_id&) {
  return {fault_kind::not_found, "QUIZ_NOT_FOUND", "The requested quiz does not exist"};
}
fault not_found(const question_id&) {
  return {fault_kind::not_found, "QUESTION_NOT_FOUND", "The requested question does not exist"};
}
fault not_found(const attempt_id&) {
  return {fault_kind::not_found, "ATTEMPT_NOT_FOUND", "The requested attempt does not exist"};
}

}  // namespace stoa
