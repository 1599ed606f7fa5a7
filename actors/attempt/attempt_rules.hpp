// The rules of attempts: who may begin one, what is asked, which answers are taken, and how it ends. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/attempt/grading.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::attempt_rules {

fault closed();
/// MAX_ATTEMPTS_REACHED where somebody has had as many as the quiz allows.
result<done> may_begin_another(const std::optional<int>& most, std::int64_t had);
/// QUIZ_NOT_READY at a draft, NOT_ENROLLED for whom its questions are not.
result<done> may_start(const quiz& q, quiz_view as);

/// What an attempt at this quiz keeps of it.
quiz_paper paper_of(const quiz& q);
/// Which of its questions are asked, in which order: the same for the same seed.
std::vector<std::uint16_t> order_of(const quiz& q, std::uint64_t seed);
/// When an attempt that begins now is over.
std::optional<timestamp> deadline_of(const std::optional<int>& limit_minutes, std::int64_t extra_minutes,
                                     timestamp now);

/// The answers as they are kept. An `invalid` fault names those to questions that the attempt does not ask, those given
/// twice, and those of another form (`answers.2.question_id`; with `single`, `question_id` and `answer`).
result<std::vector<answer_draft>> well_formed(const attempt& a, std::vector<answer_draft> answers, bool single);

/// The attempt with that answer saved. ATTEMPT_NOT_FOUND for whose it is not, ATTEMPT_CLOSED when it is over.
result<attempt> save(const attempt& a, user_id who, answer_draft answer, timestamp now);
/// Closed and graded. Nullopt: it was closed before. One whose time is over is closed by that, without these answers.
result<std::optional<attempt>> submit(const attempt& a, user_id who, std::vector<answer_draft> answers, timestamp now);
/// Closed at its deadline where that has passed; nullopt: there is nothing to close.
std::optional<attempt> close_overdue(const attempt& a, timestamp now);
/// With another deadline; nullopt where it is closed, over, or has that one.
std::optional<attempt> with_deadline(const attempt& a, const std::optional<timestamp>& deadline, timestamp now);
/// Graded by other keys; nullopt where it is open or comes to the same.
std::optional<attempt> regrade(const attempt& a, const std::vector<grading::question_key>& keys, int passing_score);

attempt_progress progress_of(const attempt& a);

}  // namespace stoa::actors::attempt_rules
