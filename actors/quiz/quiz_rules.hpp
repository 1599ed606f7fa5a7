// The rules of quizzes: who may see and change one, and what makes one that can be taken. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::quiz_rules {

/// What somebody is to a quiz's course.
struct standing {
  bool author = false;  ///< owns the course, or is an admin
  bool enrolled = false;
  bool course_published = false;
};
BOOST_DESCRIBE_STRUCT(standing, (), (author, enrolled, course_published))
standing standing_of(const course& c, const caller& who, bool enrolled);

/// How somebody sees a quiz: QUIZ_NOT_FOUND for whom it does not exist.
result<quiz_view> view_of(const quiz& q, const standing& who);
/// Authors only: PERMISSION_DENIED for who may know of the quiz, QUIZ_NOT_FOUND for others.
result<done> may_change(const quiz& q, const standing& who);

/// A new draft; `title` is required.
result<quiz> create(const quiz_draft& d, quiz_id id, course_id course, timestamp now);
result<quiz> change(const quiz& q, const quiz_draft& d, timestamp now);
/// QUIZ_NOT_READY without a question, or where there are fewer of a tag than are drawn.
result<quiz> publish(const quiz& q, timestamp now);
quiz unpublish(const quiz& q, timestamp now);
quiz remove(const quiz& q, timestamp now);

/// The question as it is kept: options and answers trimmed, those of true_false in lower case. Faults name `text`,
/// `options`, `correct` or `points`.
result<question> well_formed(question q);
/// QUIZ_FULL.
result<quiz> add_question(const quiz& q, question_id id, const question_draft& d, timestamp now);
/// QUESTION_NOT_FOUND.
result<quiz> change_question(const quiz& q, question_id id, const question_draft& d, timestamp now);
/// QUIZ_NOT_READY where a published quiz would keep none, or fewer of a tag than it draws.
result<quiz> remove_question(const quiz& q, question_id id, timestamp now);

}  // namespace stoa::actors::quiz_rules
