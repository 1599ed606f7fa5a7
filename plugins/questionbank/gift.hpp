// Files in GIFT, the text format of Moodle's question banks: read and written. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "written_question.hpp"

namespace stoa_plugin::questionbank {

/// Multiple choice (missing words too), choices of several by weights, true and false, short answers, and exact numbers
/// as short answers. What a quiz cannot grade here is left out with its line: essays, matching, ranges, descriptions,
/// weights of a part. `$CATEGORY` becomes a tag, as do `[tag:...]` in the comment above a question.
reading read_gift(std::string_view text);

/// Reading it gives the same questions. Points are told in the comment above a question, where GIFT has no place for
/// them.
std::string write_gift(const std::vector<written_question>& questions);

}  // namespace stoa_plugin::questionbank
