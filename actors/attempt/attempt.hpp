// What an attempt is as an entity, what it can be told, and what follows.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "actors/attempt/attempt_rules.hpp"
#include "actors/attempt/papers.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct save_answer {
  user_id who;
  answer_draft answer;
  using reply = saved_answer;
};
BOOST_DESCRIBE_STRUCT(save_answer, (), (who, answer))

struct submit_attempt {
  user_id who;
  std::vector<answer_draft> answers;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(submit_attempt, (), (who, answers))

/// The attempt's own alarm, and what whoever finds one late tells it.
struct close_attempt {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(close_attempt, (), ())

struct move_deadline {
  std::optional<timestamp> deadline;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(move_deadline, (), (deadline))

struct regrade_attempt {
  std::vector<grading::question_key> keys;
  int passing_score = 0;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(regrade_attempt, (), (keys, passing_score))

/// ATTEMPT `attempt/<id>`: the authority over one attempt's questions, answers, clock and score.
struct attempt_kind {
  static constexpr const char* name = "attempt";
  static constexpr bool by_system = true;  // whose it is, is known when it is loaded
  using key = attempt_id;
  using state = attempt;
  using commands = command_list<
      // Saves an answer.
      save_answer,
      // Saves the last answers, closes and grades.
      submit_attempt,
      // Closes and grades at the deadline.
      close_attempt,
      // Gives more time, or less.
      move_deadline,
      // Grades by other keys.
      regrade_attempt>;

  papers* shelf = nullptr;                               ///< outlives the entities
  std::function<void(const attempt_ptr&)> changed = {};  ///< for whoever watches; any thread

  void shown(const attempt_id&, const attempt_ptr& before, const attempt_ptr& after) const {
    if (before && after && changed) changed(after);
  }
};

inline std::optional<alarm<close_attempt>> alarm_of(const attempt_kind&, const attempt& now) {
  if (!now.open() || !now.deadline) return std::nullopt;
  return alarm<close_attempt>{*now.deadline, {}};
}

template <class Reply>
outcome<attempt, Reply> changed_to(std::optional<attempt> next) {
  return outcome<attempt, Reply>{std::move(next), Reply{}};
}

inline result<outcome<attempt, saved_answer>> decide(const attempt& now, const save_answer& told, const moment& m) {
  auto next = attempt_rules::save(now, told.who, told.answer, m.now);
  if (!next) return std::move(next).refusal();
  saved_answer reply{told.answer.question, next->sequence, m.now, next->deadline};
  return outcome<attempt, saved_answer>{std::move(*next), std::move(reply)};
}

inline result<outcome<attempt, done>> decide(const attempt& now, const submit_attempt& told, const moment& m) {
  auto next = attempt_rules::submit(now, told.who, told.answers, m.now);
  if (!next) return std::move(next).refusal();
  return changed_to<done>(std::move(*next));
}

inline result<outcome<attempt, done>> decide(const attempt& now, const close_attempt&, const moment& m) {
  return changed_to<done>(attempt_rules::close_overdue(now, m.now));
}

inline result<outcome<attempt, done>> decide(const attempt& now, const move_deadline& told, const moment& m) {
  return changed_to<done>(attempt_rules::with_deadline(now, told.deadline, m.now));
}

inline result<outcome<attempt, done>> decide(const attempt& now, const regrade_attempt& told, const moment&) {
  return changed_to<done>(attempt_rules::regrade(now, told.keys, told.passing_score));
}

}  // namespace stoa::actors
