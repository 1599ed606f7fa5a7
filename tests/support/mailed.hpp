// Where each dialect has its addresses for mailed links, and what such a link holds.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/api/doors/doors.hpp"

namespace stoa::testing {

struct mailed_door {
  std::string name, reset, confirm, verify, resend;
  bool twice = false;

  const door& own() const { return door_named(name); }
  std::string password_field() const { return twice ? "new_password1" : "new_password"; }
  std::string confirmation(const std::string& token, const std::string& password) const {
    if (twice) return object({{"token", token}, {"new_password1", password}, {"new_password2", password}});
    return object({{"token", token}, {"new_password", password}});
  }
};

inline const std::vector<mailed_door>& mailed_doors() {
  static const std::vector<mailed_door> all{
      {"learnflow", "/auth/password-reset/", "/auth/password-reset/confirm/", "/auth/verify-email/",
       "/auth/verify-email/resend/"},
      {"unpuzzle", "/auth/password-reset/", "/auth/password-reset/confirm/", "/auth/verify-email/",
       "/auth/verify-email/resend/"},
      {"lms", "/auth/password-reset", "/auth/password-reset/confirm", "/auth/verify-email",
       "/auth/verify-email/resend"},
      {"classic", "/users/password-reset/", "/users/password-reset/confirm/", "/users/verify-email/",
       "/users/verify-email/resend/"},
      {"apranova", "/auth/password/reset/", "/auth/password/reset/confirm/", "/auth/verify-email/",
       "/auth/verify-email/resend/", true},
  };
  return all;
}

/// What the link in a mail holds; throws where there is none.
inline std::string token_in(const std::string& text) {
  const auto at = text.rfind("token=");
  if (at == text.npos) throw std::runtime_error("no link in: " + text);
  const auto end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", at + 6);
  return text.substr(at + 6, end == text.npos ? end : end - at - 6);
}

}  // namespace stoa::testing
