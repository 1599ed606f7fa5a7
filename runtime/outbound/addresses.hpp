// Which addresses calls may reach: the SDK's own answer, for plugins that connect by themselves ask it too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stoa/addresses.hpp"

namespace stoa::runtime {

using stoa::is_public;

/// The path of a socket of this machine, written as `http+unix://%2Frun%2Fx.sock/path` (for calls) or, as operators
/// write it in settings, `unix:///run/x.sock`; nullopt for every other address, and for a path that cannot be one.
inline std::optional<std::string> socket_of(std::string_view url) {
  std::string path;
  if (constexpr std::string_view plain = "unix://"; url.starts_with(plain)) {
    path = url.substr(plain.size());
  } else if (constexpr std::string_view called = "http+unix://"; url.starts_with(called)) {
    url.remove_prefix(called.size());
    url = url.substr(0, url.find_first_of("/?#"));
    const auto digit = [](char c) {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                    : -1;
    };
    for (std::size_t i = 0; i < url.size(); ++i) {
      if (url[i] != '%') {
        path += url[i];
      } else {
        if (i + 2 >= url.size() || digit(url[i + 1]) < 0 || digit(url[i + 2]) < 0) return std::nullopt;
        path += static_cast<char>(digit(url[i + 1]) * 16 + digit(url[i + 2]));
        i += 2;
      }
    }
  }
  // 107 bytes are what a socket's address has room for.
  if (path.size() < 2 || path.size() > 107 || path.front() != '/' || path.find('\0') != path.npos) return std::nullopt;
  return path;
}

}  // namespace stoa::runtime
