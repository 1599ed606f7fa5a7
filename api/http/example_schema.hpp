// The JSON schema of what an example shows.
#pragma once

#include <string>
#include <vector>

#include "stoa/json.hpp"

namespace stoa::http {

/// A schema that fits all of the examples: types of members, what all of them have is required. An object whose members
/// are lists of texts is a map from the names of fields; a list may hold texts and numbers side by side.
std::string schema_of_examples(const std::vector<json>& examples);

}  // namespace stoa::http
