#include "actors/quiz/quiz_rules.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "stoa/text.hpp"

namespace stoa::actors::quiz_rules {

namespace {

fault not_ready(std::string why) { return {fault_kind::rejected, "QUIZ_NOT_READY", std::move(why)}; }

bool has_tag(const question& q, const std::string& tag) {
  return std::find(q.tags.begin(), q.tags.end(), tag) != q.tags.end();
}

/// What a quiz that learners can begin must have.
result<done> ready(const quiz& q) {
  if (q.questions.empty()) return not_ready("A quiz needs at least one question before it can be published.");
  for (const auto& d : q.draws) {
    const auto there = std::count_if(q.questions.begin(), q.questions.end(),
                                     [&](const question& each) { return has_tag(each, d.tag); });
    if (there < d.count) return not_ready("There are fewer questions with the tag " + d.tag + " than are drawn.");
  }
  return done{};
}

result<done> check(const quiz& q) {
  if (q.title.empty()) return fault::field("title", "This field is required.");
  if (q.passing_score < 0 || q.passing_score > 100) return fault::field("passing_score", "Use a number from 0 to 100.");
  if (q.time_limit_minutes && (*q.time_limit_minutes < 1 || *q.time_limit_minutes > quiz_limits::time_limit_minutes))
    return fault::field("time_limit_minutes", "This time is out of range.");
  if (q.max_attempts && (*q.max_attempts < 1 || *q.max_attempts > quiz_limits::attempts))
    return fault::field("max_attempts", "This number is out of range.");
  if (q.draws.size() > quiz_limits::draws) return fault::field("draws", "There are too many.");
  std::set<std::string> tags;
  for (const auto& d : q.draws) {
    if (d.tag.empty() || d.count < 1 || d.count > static_cast<int>(quiz_limits::questions))
      return fault::field("draws", "A draw has a tag and a number of questions.");
    if (!tags.insert(d.tag).second) return fault::field("draws", "Each tag is drawn once.");
  }
  return done{};
}

template <class T>
void take(T& into, const std::optional<T>& from) {
  if (from) into = *from;
}

quiz with(const quiz& q, const quiz_draft& d) {
  quiz next = q;
  if (d.title) next.title = std::string(trim(*d.title));
  take(next.description, d.description);
  take(next.lesson, d.lesson);
  take(next.time_limit_minutes, d.time_limit_minutes);
  take(next.max_attempts, d.max_attempts);
  take(next.passing_score, d.passing_score);
  take(next.shuffle_questions, d.shuffle_questions);
  take(next.draws, d.draws);
  return next;
}

question with(question q, const question_draft& d) {
  take(q.text, d.text);
  take(q.explanation, d.explanation);
  take(q.type, d.type);
  take(q.options, d.options);
  take(q.correct, d.correct);
  take(q.tags, d.tags);
  take(q.points, d.points);
  return q;
}

/// Puts it at that place, 1-based, or at the end; all get the numbers of their places.
void place(std::vector<question>& all, question q, std::optional<int> position) {
  const auto last = static_cast<std::ptrdiff_t>(all.size());
  const auto at = position ? std::clamp<std::ptrdiff_t>(*position - 1, 0, last) : last;
  all.insert(all.begin() + at, std::move(q));
}

void number(std::vector<question>& all) {
  int position = 0;
  for (auto& q : all) q.position = ++position;
}

bool distinct(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return std::adjacent_find(texts.begin(), texts.end()) == texts.end();
}

void trim_all(std::vector<std::string>& texts) {
  for (auto& t : texts) t = std::string(trim(t));
}

bool some_blank(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& t) { return t.empty(); });
}

/// A published quiz stays one that can be taken.
result<quiz> kept_ready(quiz next) {
  if (next.published())
    if (auto still = ready(next); !still) return std::move(still).refusal();
  return next;
}

}  // namespace

standing standing_of(const course& c, const caller& who, bool enrolled) {
  return {c.owned_by(who), enrolled, c.published()};
}

result<quiz_view> view_of(const quiz& q, const standing& who) {
  if (q.deleted) return not_found(quiz_id{});
  if (who.author) return quiz_view::author;
  if (!q.published()) return not_found(quiz_id{});
  if (who.enrolled) return quiz_view::learner;
  if (!who.course_published) return not_found(quiz_id{});
  return quiz_view::outside;
}

result<done> may_change(const quiz& q, const standing& who) {
  const auto seen = view_of(q, who);
  if (!seen) return seen.refusal();
  if (*seen != quiz_view::author)
    return fault(fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to change this quiz");
  return done{};
}

result<quiz> create(const quiz_draft& d, quiz_id id, course_id course, timestamp now) {
  quiz q;
  q.id = id;
  q.course = course;
  q.created_at = q.updated_at = now;
  q.version = 1;
  q = with(q, d);
  if (auto good = check(q); !good) return std::move(good).refusal();
  return q;
}

result<quiz> change(const quiz& q, const quiz_draft& d, timestamp now) {
  quiz next = with(q, d);
  next.updated_at = now;
  if (auto good = check(next); !good) return std::move(good).refusal();
  return kept_ready(std::move(next));
}

result<quiz> publish(const quiz& q, timestamp now) {
  if (auto good = ready(q); !good) return std::move(good).refusal();
  quiz next = q;
  if (!next.published_at) next.published_at = next.updated_at = now;
  return next;
}

quiz unpublish(const quiz& q, timestamp now) {
  quiz next = q;
  if (next.published_at) next.updated_at = now;
  next.published_at.reset();
  return next;
}

quiz remove(const quiz& q, timestamp now) {
  quiz next = q;
  next.deleted = true;
  next.updated_at = now;
  return next;
}

result<question> well_formed(question q) {
  q.text = std::string(trim(q.text));
  if (q.text.empty()) return fault::field("text", "This field is required.");
  if (q.points < 1 || q.points > quiz_limits::points) return fault::field("points", "This number is out of range.");
  trim_all(q.options);
  trim_all(q.correct);
  if (q.options.size() > quiz_limits::options) return fault::field("options", "There are too many.");
  if (q.correct.size() > quiz_limits::options) return fault::field("correct", "There are too many.");
  if (q.correct.empty() || some_blank(q.correct)) return fault::field("correct", "Say what is right.");
  if (!distinct(q.correct)) return fault::field("correct", "Each answer stands here once.");
  const bool chosen = q.type == question_type::multiple_choice || q.type == question_type::multiple_select;
  if (!chosen) q.options.clear();
  if (chosen) {
    if (q.options.size() < 2 || some_blank(q.options)) return fault::field("options", "Give at least two options.");
    if (!distinct(q.options)) return fault::field("options", "Each option stands here once.");
    for (const auto& c : q.correct)
      if (std::find(q.options.begin(), q.options.end(), c) == q.options.end())
        return fault::field("correct", "This is none of the options.");
  }
  if (q.type == question_type::true_false) {
    for (auto& c : q.correct) c = ascii_lower(c);
    if (q.correct.front() != "true" && q.correct.front() != "false")
      return fault::field("correct", "This is either true or false.");
  }
  if ((q.type == question_type::multiple_choice || q.type == question_type::true_false) && q.correct.size() != 1)
    return fault::field("correct", "One answer is right.");
  if (q.tags.size() > quiz_limits::tags) return fault::field("tags", "There are too many.");
  trim_all(q.tags);
  if (some_blank(q.tags)) return fault::field("tags", "A tag is not blank.");
  return q;
}

result<quiz> add_question(const quiz& q, question_id id, const question_draft& d, timestamp now) {
  if (q.questions.size() >= quiz_limits::questions)
    return fault(fault_kind::rejected, "QUIZ_FULL", "A quiz cannot have more questions.");
  question fresh;
  fresh.id = id;
  auto good = well_formed(with(std::move(fresh), d));
  if (!good) return std::move(good).refusal();
  quiz next = q;
  place(next.questions, std::move(*good), d.position);
  number(next.questions);
  next.updated_at = now;
  return next;
}

result<quiz> change_question(const quiz& q, question_id id, const question_draft& d, timestamp now) {
  const auto* was = q.find(id);
  if (!was) return not_found(question_id{});
  auto good = well_formed(with(*was, d));
  if (!good) return std::move(good).refusal();
  quiz next = q;
  const auto at = next.questions.begin() + (was - q.questions.data());
  if (d.position) {
    next.questions.erase(at);
    place(next.questions, std::move(*good), d.position);
    number(next.questions);
  } else {
    good->position = at->position;
    *at = std::move(*good);
  }
  next.updated_at = now;
  return kept_ready(std::move(next));
}

result<quiz> remove_question(const quiz& q, question_id id, timestamp now) {
  const auto* was = q.find(id);
  if (!was) return not_found(question_id{});
  quiz next = q;
  next.questions.erase(next.questions.begin() + (was - q.questions.data()));
  number(next.questions);
  next.updated_at = now;
  return kept_ready(std::move(next));
}

}  // namespace stoa::actors::quiz_rules
