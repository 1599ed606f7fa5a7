#include "api/http/cookies.hpp"

#include "stoa/text.hpp"

namespace stoa::http {

std::string_view access_cookie_name(bool secure) noexcept { return secure ? "__Host-stoa_access" : "stoa_access"; }

std::optional<std::string_view> cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = header.find(';');
    const auto one = trim(header.substr(0, end));
    header = end == header.npos ? std::string_view{} : header.substr(end + 1);
    const auto equals = one.find('=');
    if (equals == one.npos || one.substr(0, equals) != name) continue;
    auto value = one.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

std::string set_access_cookie(std::string_view token, seconds lifetime, bool secure) {
  std::string out(access_cookie_name(secure));
  out.append("=").append(token);
  out.append("; Path=/; Max-Age=").append(std::to_string(lifetime.count()));
  out.append("; HttpOnly; SameSite=Lax");
  if (secure) out.append("; Secure");
  return out;
}

std::string clear_access_cookie(bool secure) { return set_access_cookie("", seconds{0}, secure); }

}  // namespace stoa::http
