// Texts that HTTP has its own forms for: dates and percent escapes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stoa/time.hpp"

namespace stoa::http {

/// `Thu, 26 Nov 2026 13:38:13 GMT` (RFC 9110), in whole seconds, and back; nullopt for any other form. Any thread.
std::string http_date(timestamp at);
std::optional<timestamp> parse_http_date(std::string_view text);

/// Escapes every byte but the unreserved characters of RFC 3986 and those in `kept`, as `%XX`. Any thread.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

}  // namespace stoa::http
