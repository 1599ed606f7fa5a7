// A file's answer: whole, in part, or not at all because the client has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "stoa/routes.hpp"

namespace stoa::http {

/// What a Range header asks for of so many bytes.
struct range_wanted {
  enum class kind {
    whole,          ///< nothing that is understood: several ranges and other units count as nothing
    part,           ///< `from` and `count`, which lie within the file
    unsatisfiable,  ///< beyond the end
  };
  kind what = kind::whole;
  std::uint64_t from = 0;
  std::uint64_t count = 0;
};
range_wanted range_of(std::string_view header, std::uint64_t size);

/// Decides on a reply with `content`: sets status and header fields, and puts what is to be sent into its body or, for
/// an open file, into the returned part. `size` becomes the Content-Length.
std::optional<file_part> settle_file(reply& r, const incoming& in, std::uint64_t& size);

}  // namespace stoa::http
