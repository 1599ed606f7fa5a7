// The pieces of a request's target.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoa::http {

/// Replaces `%xx` by its byte, in queries `+` by a blank. Broken escapes, NUL bytes and invalid UTF-8 are nullopt.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

/// The parameters of a query in their order; nullopt where one cannot be decoded or there are more than 200.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

/// What stands behind scheme and authority of an address: `/learn` of `https://example.com/learn`, or nothing.
std::string path_of(std::string_view url);

/// Whether two ASCII texts are equal without regard to case.
bool same_word(std::string_view a, std::string_view b) noexcept;

}  // namespace stoa::http
