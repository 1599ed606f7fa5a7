// Questions as JSON: how quizzes are read from their rows, and how papers keep theirs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/quizzes.hpp"
#include "stoa/json.hpp"

namespace stoa::actors::question_json {

/// The questions of a quiz as an array, of the rows of `quiz_question` where `WHERE` holds.
#define STOA_QUESTIONS(WHERE)                                                                                          \
  "(select coalesce(jsonb_agg(jsonb_build_object('id', id, 'text', text, 'type', type, 'options', to_jsonb(options), " \
  "'correct', to_jsonb(correct), 'points', points, 'position', position, 'explanation', explanation, 'tags', "         \
  "to_jsonb(tags)) order by position, id), '[]') from quiz_question where " WHERE ")"

/// Throws std::runtime_error where the text is none of these: a mistake in the program.
json parse(std::string_view text);
std::vector<question> read_all(const json& list);
std::vector<std::string> read_texts(const json& list);

void write(json_writer& w, const question& q);
void write_texts(json_writer& w, const std::vector<std::string>& texts);
std::string texts_json(const std::vector<std::string>& texts);

/// What a paper holds beside its ids.
std::string paper_json(const quiz_paper& p);
quiz_paper read_paper(const uuid& id, quiz_id quiz, std::int64_t quiz_version, std::string_view content);

}  // namespace stoa::actors::question_json
