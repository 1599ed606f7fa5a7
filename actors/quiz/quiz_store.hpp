// The SQL of quizzes. Every write names the version it saw and answers no row when another writer was faster.
#pragma once

#include <string>

#include "actors/quiz/quiz.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"

namespace stoa::actors::quiz_store {

extern const statement load;
extern const statement create;
/// The quiz of a question, where there is one.
extern const statement home_of;
/// The ids of those that somebody may see: the count of all leads each row; one row without an id where there is none.
extern const statement list;

values create_values(const quiz& q, timestamp now);

template <class E>
E facts_of(const quiz& q) {
  E told;
  told.quiz_id = q.id;
  told.course_id = q.course;
  told.title = q.title;
  return told;
}

}  // namespace stoa::actors::quiz_store

namespace stoa::actors {

bound_statement load(const quiz_kind& kind, const quiz_id& id);
result<quiz> read(const quiz_kind& kind, const quiz_id& id, const rows& found);

bound_statement save(const quiz& before, const quiz& after, const change_quiz& told, const moment& m);
bound_statement save(const quiz& before, const quiz& after, const open_quiz& told, const moment& m);
bound_statement save(const quiz& before, const quiz& after, const drop_quiz& told, const moment& m);
bound_statement save(const quiz& before, const quiz& after, const put_question& told, const moment& m);
bound_statement save(const quiz& before, const quiz& after, const drop_question& told, const moment& m);

}  // namespace stoa::actors
