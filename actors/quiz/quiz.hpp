// What a quiz is as an entity, what it can be told, and what follows.
#pragma once

#include <optional>

#include "actors/quiz/quiz_rules.hpp"
#include "stoa/entities.hpp"

namespace stoa::actors {

struct change_quiz {
  quiz_rules::standing who;
  quiz_draft draft;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(change_quiz, (), (who, draft))

struct open_quiz {
  quiz_rules::standing who;
  bool open = true;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(open_quiz, (), (who, open))

struct drop_quiz {
  quiz_rules::standing who;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(drop_quiz, (), (who))

/// A new question where `id` is empty.
struct put_question {
  quiz_rules::standing who;
  std::optional<question_id> id;
  question_draft draft;
  using reply = question;
};
BOOST_DESCRIBE_STRUCT(put_question, (), (who, id, draft))

struct drop_question {
  quiz_rules::standing who;
  question_id id;
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(drop_question, (), (who, id))

/// QUIZ `quiz/<id>`: a quiz with its questions. Attempts keep a paper of their own: nothing here reaches them.
struct quiz_kind {
  static constexpr const char* name = "quiz";
  /// A class that begins together waits here while the quiz loads.
  static constexpr std::size_t queue = 4096;
  using key = quiz_id;
  using state = quiz;
  using commands = command_list<
      // Changes what its author writes about it.
      change_quiz,
      // Lets learners begin it, or takes it back.
      open_quiz,
      // Takes it away; attempts stay.
      drop_quiz,
      // Adds or changes a question; the others move.
      put_question,
      // Takes a question out.
      drop_question>;
};

inline result<outcome<quiz, done>> decide(const quiz& now, const change_quiz& told, const moment& m) {
  if (auto may = quiz_rules::may_change(now, told.who); !may) return std::move(may).refusal();
  auto next = quiz_rules::change(now, told.draft, m.now);
  if (!next) return std::move(next).refusal();
  return outcome<quiz, done>{std::move(*next)};
}

inline result<outcome<quiz, done>> decide(const quiz& now, const open_quiz& told, const moment& m) {
  if (auto may = quiz_rules::may_change(now, told.who); !may) return std::move(may).refusal();
  auto next = told.open ? quiz_rules::publish(now, m.now) : result<quiz>(quiz_rules::unpublish(now, m.now));
  if (!next) return std::move(next).refusal();
  if (next->published() == now.published()) return outcome<quiz, done>{};
  return outcome<quiz, done>{std::move(*next)};
}

inline result<outcome<quiz, done>> decide(const quiz& now, const drop_quiz& told, const moment& m) {
  if (auto may = quiz_rules::may_change(now, told.who); !may) return std::move(may).refusal();
  return outcome<quiz, done>{quiz_rules::remove(now, m.now)};
}

inline result<outcome<quiz, question>> decide(const quiz& now, const put_question& told, const moment& m) {
  if (auto may = quiz_rules::may_change(now, told.who); !may) return std::move(may).refusal();
  const auto id = told.id.value_or(question_id{m.fresh});
  auto next = told.id ? quiz_rules::change_question(now, id, told.draft, m.now)
                      : quiz_rules::add_question(now, id, told.draft, m.now);
  if (!next) return std::move(next).refusal();
  auto reply = *next->find(id);
  return outcome<quiz, question>{std::move(*next), std::move(reply)};
}

inline result<outcome<quiz, done>> decide(const quiz& now, const drop_question& told, const moment& m) {
  if (auto may = quiz_rules::may_change(now, told.who); !may) return std::move(may).refusal();
  auto next = quiz_rules::remove_question(now, told.id, m.now);
  if (!next) return std::move(next).refusal();
  return outcome<quiz, done>{std::move(*next)};
}

}  // namespace stoa::actors
