#include "api/http/target.hpp"

#include <algorithm>

#include "api/http/uri.hpp"

namespace stoa::http {
namespace {

bool all_of(std::string_view text, std::string_view more) noexcept {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || more.find(c) != more.npos;
  });
}

/// What follows `http://` or `https://`; nullopt for every other text.
std::optional<std::string_view> behind_scheme(std::string_view target) noexcept {
  const auto colon = target.find("://");
  if (colon == target.npos) return std::nullopt;
  const auto scheme = target.substr(0, colon);
  if (!same_word(scheme, "http") && !same_word(scheme, "https")) return std::nullopt;
  return target.substr(colon + 3);
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  if (text.size() > 261) return false;
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos || end < 3) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!all_of(host, ":.") || host.find(':') == host.npos) return false;
  } else {
    const auto colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon);
    if (!all_of(host, "-._~%!$&'()*+,;=")) return false;
  }
  if (port.empty()) return true;
  return port.front() == ':' && port.size() <= 6 && port.find_first_not_of("0123456789", 1) == port.npos;
}

request_target read_target(const incoming& in) {
  request_target t;
  int hosts = 0;
  in.each("Host", [&](std::string_view value) {
    if (++hosts == 1) t.authority = value;
  });
  t.sound = hosts <= 1 && (hosts == 1 || !in.owes_host()) && is_authority(t.authority);
  std::string_view rest = in.target();
  if (const auto absolute = behind_scheme(rest)) {
    const auto end = std::min(absolute->find_first_of("/?"), absolute->size());
    t.authority = absolute->substr(0, end);
    t.sound = t.sound && !t.authority.empty() && is_authority(t.authority);
    rest = absolute->substr(end);
    if (rest.empty() || rest.front() == '?') t.path = "/";
  }
  const auto mark = rest.find('?');
  if (mark != rest.npos) t.query = rest.substr(mark + 1);
  if (t.path.empty()) t.path = rest.substr(0, mark);
  const bool server = t.path == "*" && in.method() == "OPTIONS";
  if (!server && (!t.path.starts_with('/') || in.target().find('#') != std::string_view::npos)) t.sound = false;
  return t;
}

}  // namespace stoa::http
