#include "actors/attempt/attempt_rules.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "stoa/text.hpp"

namespace stoa::actors::attempt_rules {

namespace {

/// Fisher and Yates with a generator of ours: what an attempt's seed yields never depends on a library.
class shuffler {
 public:
  explicit shuffler(std::uint64_t seed) : generator_(seed) {}
  template <class T>
  void shuffle(std::vector<T>& all) {
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[generator_() % i]);
  }

 private:
  std::mt19937_64 generator_;
};

bool has_tag(const question& q, const std::string& tag) {
  return std::find(q.tags.begin(), q.tags.end(), tag) != q.tags.end();
}

std::optional<field_error> wrong_form(const question& q, const std::vector<std::string>& value, std::string field) {
  if (q.type != question_type::multiple_select && value.size() > 1)
    return field_error{std::move(field), "This question takes one answer.", "type"};
  if (value.size() > quiz_limits::options) return field_error{std::move(field), "There are too many.", "length"};
  for (const auto& text : value)
    if (code_points(text) > quiz_limits::option)
      return field_error{std::move(field), "This value is too long.", "length"};
  return std::nullopt;
}

/// Trimmed, each chosen option once; what is blank is no answer.
std::vector<std::string> tidy(const std::vector<std::string>& value) {
  std::vector<std::string> out;
  for (const auto& text : value) {
    auto one = std::string(trim(text));
    if (!one.empty() && std::find(out.begin(), out.end(), one) == out.end()) out.push_back(std::move(one));
  }
  return out;
}

void put(attempt& a, answer_draft answer, timestamp now) {
  given_answer given{answer.question, std::move(answer.value), ++a.sequence, now};
  for (auto& before : a.answers)
    if (before.question == given.question) {
      before = std::move(given);
      return;
    }
  // Copied with no room to spare: doubling it would cost as much again for each attempt in memory.
  a.answers.reserve(a.answers.size() + 1);
  a.answers.push_back(std::move(given));
}

/// The closing and the grading are an entry of its history each.
attempt ended(attempt a, timestamp at, attempt_end by) {
  a.ended_at = at;
  a.ended_by = by;
  a.result = grading::grade(a);
  a.sequence += 2;
  return a;
}

bool same(const attempt_result& a, const attempt_result& b) {
  return a.score == b.score && a.passed == b.passed && a.earned == b.earned && a.points == b.points &&
         std::equal(a.questions.begin(), a.questions.end(), b.questions.begin(), b.questions.end(),
                    [](const graded_question& x, const graded_question& y) {
                      return x.correct == y.correct && x.earned == y.earned && x.points == y.points && x.key == y.key;
                    });
}

}  // namespace

fault closed() { return {fault_kind::conflict, "ATTEMPT_CLOSED", "This attempt is closed"}; }

result<done> may_begin_another(const std::optional<int>& most, std::int64_t had) {
  if (most && had >= *most)
    return fault(fault_kind::rejected, "MAX_ATTEMPTS_REACHED", "You have no attempts left at this quiz");
  return done{};
}

result<done> may_start(const quiz& q, quiz_view as) {
  if (as == quiz_view::outside)
    return fault(fault_kind::forbidden, "NOT_ENROLLED", "You have to be enrolled in the course to take this quiz");
  if (!q.published()) return fault(fault_kind::rejected, "QUIZ_NOT_READY", "This quiz is not published yet");
  return done{};
}

quiz_paper paper_of(const quiz& q) {
  quiz_paper p;
  // The same version is the same paper, whoever writes it first.
  p.id = uuid::from_name("paper/" + q.id.str() + "/" + std::to_string(q.version));
  p.quiz = q.id;
  p.quiz_version = q.version;
  p.title = q.title;
  p.passing_score = q.passing_score;
  p.questions = q.questions;
  return p;
}

std::vector<std::uint16_t> order_of(const quiz& q, std::uint64_t seed) {
  shuffler chance(seed);
  std::vector<std::uint16_t> asked, pool;
  for (std::size_t i = 0; i < q.questions.size(); ++i)
    (q.drawn(q.questions[i]) ? pool : asked).push_back(static_cast<std::uint16_t>(i));
  chance.shuffle(pool);
  for (const auto& d : q.draws) {
    int left = d.count;
    for (auto it = pool.begin(); it != pool.end() && left > 0;) {
      if (!has_tag(q.questions[*it], d.tag)) {
        ++it;
        continue;
      }
      asked.push_back(*it);
      it = pool.erase(it);
      --left;
    }
  }
  if (q.shuffle_questions)
    chance.shuffle(asked);
  else
    std::sort(asked.begin(), asked.end());
  return asked;
}

std::optional<timestamp> deadline_of(const std::optional<int>& limit_minutes, std::int64_t extra_minutes,
                                     timestamp now) {
  if (!limit_minutes) return std::nullopt;
  return now + minutes{*limit_minutes + extra_minutes};
}

result<std::vector<answer_draft>> well_formed(const attempt& a, std::vector<answer_draft> answers, bool single) {
  std::vector<field_error> bad;
  std::set<question_id> seen;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto& each = answers[i];
    const std::string at = single ? std::string() : "answers." + std::to_string(i) + ".";
    const auto* q = a.asked(each.question);
    if (!q) {
      bad.push_back({at + "question_id", "This question is not part of the attempt.", "choice"});
    } else if (!seen.insert(each.question).second) {
      bad.push_back({at + "question_id", "This question is answered twice.", "unique"});
    } else if (auto wrong = wrong_form(*q, each.value, at + "answer")) {
      bad.push_back(std::move(*wrong));
    }
    each.value = tidy(each.value);
  }
  if (!bad.empty()) return fault::invalid(std::move(bad));
  return answers;
}

result<attempt> save(const attempt& a, user_id who, answer_draft answer, timestamp now) {
  if (a.learner != who) return not_found(attempt_id{});
  std::vector<answer_draft> one;
  one.push_back(std::move(answer));
  auto good = well_formed(a, std::move(one), true);
  if (!good) return std::move(good).refusal();
  if (!a.open() || a.overdue(now)) return closed();
  if (a.sequence >= quiz_limits::saves)
    return fault(fault_kind::too_many, "TOO_MANY_ANSWERS", "Answers of this attempt were changed too often");
  attempt next = a;
  put(next, std::move(good->front()), now);
  return next;
}

result<std::optional<attempt>> submit(const attempt& a, user_id who, std::vector<answer_draft> answers, timestamp now) {
  if (a.learner != who) return not_found(attempt_id{});
  auto good = well_formed(a, std::move(answers), false);
  if (!good) return std::move(good).refusal();
  if (!a.open()) return std::optional<attempt>();
  if (a.overdue(now)) return close_overdue(a, now);
  attempt next = a;
  for (auto& each : *good) put(next, std::move(each), now);
  return std::optional<attempt>(ended(std::move(next), now, attempt_end::submitted));
}

std::optional<attempt> close_overdue(const attempt& a, timestamp now) {
  if (!a.overdue(now)) return std::nullopt;
  return ended(a, *a.deadline, attempt_end::time);
}

std::optional<attempt> with_deadline(const attempt& a, const std::optional<timestamp>& deadline, timestamp now) {
  if (!a.open() || a.overdue(now) || a.deadline == deadline) return std::nullopt;
  attempt next = a;
  next.deadline = deadline;
  ++next.sequence;
  return next;
}

std::optional<attempt> regrade(const attempt& a, const std::vector<grading::question_key>& keys, int passing_score) {
  if (a.open()) return std::nullopt;
  auto anew = grading::grade_anew(a, keys, passing_score);
  if (a.result && same(*a.result, anew)) return std::nullopt;
  attempt next = a;
  next.result = std::move(anew);
  ++next.sequence;
  return next;
}

attempt_progress progress_of(const attempt& a) {
  attempt_progress p;
  p.id = a.id;
  p.version = a.version;
  p.learner = a.learner;
  p.sequence = a.sequence;
  const given_answer* last = nullptr;
  for (const auto& each : a.answers) {
    if (!last || each.sequence > last->sequence) last = &each;
    if (!each.value.empty()) ++p.answered;
  }
  if (last) p.last_question = last->question;
  p.asked = static_cast<int>(a.order.size());
  p.started_at = a.started_at;
  p.deadline = a.deadline;
  p.ended_at = a.ended_at;
  p.ended_by = a.ended_by;
  if (a.result) p.score = a.result->score;
  return p;
}

}  // namespace stoa::actors::attempt_rules
