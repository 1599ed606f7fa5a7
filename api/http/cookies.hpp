// The access cookie.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stoa/time.hpp"

namespace stoa::http {

/// The name of the access cookie: `__Host-stoa_access`, or `stoa_access` where Secure is off.
std::string_view access_cookie_name(bool secure) noexcept;

/// The value of that cookie in a Cookie header.
std::optional<std::string_view> cookie_value(std::string_view header, std::string_view name);

/// The Set-Cookie value that hands out an access token: HttpOnly, SameSite=Lax, Path=/.
std::string set_access_cookie(std::string_view token, seconds lifetime, bool secure);

/// The Set-Cookie value that takes it back.
std::string clear_access_cookie(bool secure);

}  // namespace stoa::http
