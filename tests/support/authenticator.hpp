// Somebody else's app for codes of a second factor: Debian's oathtool.
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "stoa/time.hpp"
#include "tests/api/doors/doors.hpp"

namespace stoa::testing {

/// The code that an app shows at that moment, of the secret as the server told it.
inline std::string app_code(const std::string& secret, timestamp at) {
  const auto command =
      "oathtool --totp=sha1 --base32 --now=@" + std::to_string(unix_us(at) / 1'000'000) + " -- " + secret;
  const std::unique_ptr<FILE, int (*)(FILE*)> out(popen(command.c_str(), "r"), pclose);
  std::array<char, 16> line{};
  if (!out || !std::fgets(line.data(), line.size(), out.get())) throw std::runtime_error("oathtool says nothing");
  return std::string(line.data(), 6);
}

/// The code of another app: a guess.
inline std::string other_than(std::string code) {
  code.back() = code.back() == '9' ? '0' : static_cast<char>(code.back() + 1);
  return code;
}

/// The body of a sign-in with a code.
inline std::string with_code(const std::string& login, const std::string& code) {
  return login.substr(0, login.rfind('}')) + R"(, "mfa_code": ")" + code + "\"}";
}

}  // namespace stoa::testing
