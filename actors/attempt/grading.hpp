// What answers are worth. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/quizzes.hpp"

namespace stoa::actors::grading {

/// A short answer as it is compared: compatibility forms, case, blanks and the punctuation at its ends do not count.
std::string compared(std::string_view text);

/// What an answer earns of a question's points, in hundredths of one, half up. A multiple_select earns for each right
/// option and loses for each wrong one, never below nothing; all others earn all or nothing.
std::int64_t earned(const question& q, const std::vector<std::string>& value);

/// Per cent, half up; 0 of 0 is 0.
int per_cent(std::int64_t part, std::int64_t whole);

/// What answers to the questions that an attempt asks come to, by the keys of the paper.
attempt_result grade(const attempt& a);

/// A key in place of the paper's, of whoever grades anew.
struct question_key {
  question_id question;
  std::vector<std::string> correct;
  int points = 1;
};
BOOST_DESCRIBE_STRUCT(question_key, (), (question, correct, points))

/// The same by other keys; questions without one keep what they came to.
attempt_result grade_anew(const attempt& a, const std::vector<question_key>& keys, int passing_score);

}  // namespace stoa::actors::grading
