// Where a request points: the forms of RFC 9112, and the Host beside them.
#pragma once

#include <optional>
#include <string_view>

#include "api/http/message.hpp"

namespace stoa::http {

/// Views into the request.
struct request_target {
  std::string_view path;       ///< `*` where an OPTIONS means the server as a whole
  std::string_view query;      ///< behind the question mark
  std::string_view authority;  ///< host and port, as the target or else the Host field has them; may be empty
  bool sound = true;           ///< false: broken, and the parts are what could be made of it
};

/// Reads the target (`/path`, `http://host/path`, `*`) and the Host field of a request.
request_target read_target(const incoming& in);

/// Whether a text is a host with or without a port, as Host may have it.
bool is_authority(std::string_view text) noexcept;

}  // namespace stoa::http
