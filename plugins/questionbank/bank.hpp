// The stored questions of instructors: SQL and nothing else.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/paging.hpp"
#include "written_question.hpp"

namespace stoa_plugin::questionbank {

/// Of a bank: not the id that a copy of it has in a quiz.
using bank_question_id = stoa::id<struct bank_question_tag>;

struct bank_question {
  bank_question_id id;
  written_question what;
  stoa::timestamp created_at;
  stoa::timestamp updated_at;
};

struct bank_filter {
  std::string tag;     ///< empty: all, as for the others
  std::string type;    ///< `multiple_choice`
  std::string search;  ///< words of the text, in any case
};

struct tag_count {
  std::string tag;
  std::int64_t questions = 0;
};
BOOST_DESCRIBE_STRUCT(tag_count, (), (tag, questions))

/// All or none. Faults: BANK_FULL (conflict) where there would be more than `most`.
stoa::task<std::vector<bank_question>> add_questions(stoa::database& db, stoa::user_id whose,
                                                     std::vector<written_question> all, std::int64_t most,
                                                     stoa::timestamp now);
/// Faults: QUESTION_NOT_FOUND, also for other people's.
stoa::task<bank_question> find_question(stoa::database& db, stoa::user_id whose, bank_question_id id);
stoa::task<bank_question> change_question(stoa::database& db, stoa::user_id whose, bank_question_id id,
                                          written_question next, stoa::timestamp now);
stoa::task<stoa::done> remove_question(stoa::database& db, stoa::user_id whose, bank_question_id id);
/// In the order in which they came.
stoa::task<stoa::page_of<bank_question>> list_questions(stoa::database& db, stoa::user_id whose, bank_filter f,
                                                        stoa::page_request asked);
/// All of a filter. Faults: TOO_MANY_QUESTIONS (rejected) where a file would hold more than may be read again.
stoa::task<std::vector<bank_question>> all_questions(stoa::database& db, stoa::user_id whose, bank_filter f);
/// By their names.
stoa::task<std::vector<tag_count>> list_tags(stoa::database& db, stoa::user_id whose);

/// Which of these stand in that quiz already.
stoa::task<std::vector<bank_question_id>> placed_in(stoa::database& db, stoa::user_id whose, stoa::quiz_id quiz);
stoa::task<stoa::done> note_placed(stoa::database& db, stoa::user_id whose, stoa::quiz_id quiz, bank_question_id id,
                                   stoa::question_id there);

stoa::fault unknown_question();  ///< QUESTION_NOT_FOUND

}  // namespace stoa_plugin::questionbank
