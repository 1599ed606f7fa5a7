// Bodies of multipart/form-data (RFC 7578 over RFC 2046), taken apart where they lie in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa_plugin::files {

/// One part. The views lie in the body.
struct form_part {
  std::string name;
  std::optional<std::string> filename;  ///< as it was sent, escapes undone
  std::string content_type;             ///< in lower case, without parameters; empty where nothing was said
  std::string_view content;
};

/// The boundary of a Content-Type; nullopt where it is another type or has none that RFC 2046 allows.
std::optional<std::string> boundary_of(std::string_view content_type);

/// The parts of a body. Strict: what is between the boundaries has to be a part with a name, and the last boundary has
/// to be there. `malformed` faults; more than `most` parts are one, too.
stoa::result<std::vector<form_part>> form_parts(std::string_view body, std::string_view boundary,
                                                std::size_t most = 32);

}  // namespace stoa_plugin::files
