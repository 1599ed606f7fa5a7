// What can be told of a piece of SQL from its text: where its comments, quoted texts and words are.
#pragma once

#include <string>
#include <string_view>

namespace stoa::runtime {

/// Whether a script leaves the database role it runs in (`set role`, `reset role`, `set session authorization`,
/// `set_config('role', ...)`). Comments and quoted texts do not count but for the bodies of functions and blocks. Words
/// that a script puts together are not found: this keeps mistakes out.
bool changes_role(std::string_view script);

/// A statement with `$1`, `$2`, ... where it has `:p1`, `:p2`, ...: as PostgreSQL's own protocol wants it.
std::string numbered_placeholders(std::string_view sql);

}  // namespace stoa::runtime
