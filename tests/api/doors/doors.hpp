// The five doors side by side: what each calls its addresses and members.
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/server.hpp"

namespace stoa::testing {

struct door {
  std::string name;
  std::string prefix;
  std::string register_path, login_path, refresh_path, me_path;
  std::function<std::string(const std::string& email, const std::string& password)> registration;
  std::function<std::string(const std::string& email, const std::string& password)> login;
  std::string access_member, refresh_member;
  std::string code_path;  ///< where a refusal names its code
  bool registration_signs_in = true;
  int invalid_status = 422;  ///< of a body that fails validation
  int taken_status = 409;
  int locked_status = 429;

  client at(const server& s) const { return s.client().below(prefix); }
  std::string refresh_body(const std::string& token) const { return object({{refresh_member, token}}); }
};

inline const std::vector<door>& all_doors() {
  static const std::vector<door> doors = [] {
    const auto by_email = [](const std::string& email, const std::string& password) {
      return object({{"email", email}, {"password", password}});
    };
    std::vector<door> out;

    door learnflow;
    learnflow.name = "learnflow";
    learnflow.prefix = "/learnflow/api/v1";
    learnflow.register_path = "/auth/register/";
    learnflow.login_path = "/auth/login/";
    learnflow.refresh_path = "/auth/refresh/";
    learnflow.me_path = "/auth/me/";
    learnflow.registration = [](const std::string& email, const std::string& password) {
      return object({{"email", email}, {"password", password}, {"first_name", "John"}, {"last_name", "Doe"}});
    };
    learnflow.login = by_email;
    learnflow.access_member = "access_token";
    learnflow.refresh_member = "refresh_token";
    learnflow.code_path = "error.code";
    out.push_back(learnflow);

    door unpuzzle = learnflow;
    unpuzzle.name = "unpuzzle";
    unpuzzle.prefix = "/unpuzzle/api/v1";
    unpuzzle.register_path = "/auth/signup/";
    unpuzzle.login_path = "/auth/signin/";
    unpuzzle.me_path = "/auth/profile/";
    unpuzzle.registration = [](const std::string& email, const std::string& password) {
      return object({{"email", email}, {"password", password}, {"full_name", "John Doe"}});
    };
    out.push_back(unpuzzle);

    door lms = unpuzzle;
    lms.name = "lms";
    lms.prefix = "/lms/api/v1";
    lms.register_path = "/auth/register";
    lms.login_path = "/auth/login";
    lms.refresh_path = "/auth/refresh";
    lms.me_path = "/users/me";
    lms.code_path = "code";
    lms.locked_status = 423;
    out.push_back(lms);

    door classic;
    classic.name = "classic";
    classic.prefix = "/classic/api";
    classic.register_path = "/users/register/";
    classic.login_path = "/token/";
    classic.refresh_path = "/token/refresh/";
    classic.me_path = "/users/profile/";
    classic.registration = [](const std::string& email, const std::string& password) {
      return object({{"username", email},
                     {"email", email},
                     {"password", password},
                     {"first_name", "John"},
                     {"last_name", "Doe"},
                     {"role", "student"}});
    };
    classic.login = [](const std::string& email, const std::string& password) {
      return object({{"username", email}, {"password", password}});
    };
    classic.access_member = "access";
    classic.refresh_member = "refresh";
    classic.code_path = "error_code";
    classic.registration_signs_in = false;
    classic.invalid_status = 400;
    out.push_back(classic);

    door apranova;
    apranova.name = "apranova";
    apranova.prefix = "/apranova/api";
    apranova.register_path = "/auth/registration/";
    apranova.login_path = "/users/login/";
    apranova.refresh_path = "/auth/token/refresh/";
    apranova.me_path = "/users/profile/";
    apranova.registration = [](const std::string& email, const std::string& password) {
      return object({{"name", "John Doe"},
                     {"email", email},
                     {"password1", password},
                     {"password2", password},
                     {"role", "student"},
                     {"track", "DP"}});
    };
    apranova.login = by_email;
    apranova.access_member = "access";
    apranova.refresh_member = "refresh";
    apranova.code_path = "code";
    apranova.invalid_status = 400;
    apranova.taken_status = 400;
    apranova.locked_status = 403;
    out.push_back(apranova);
    return out;
  }();
  return doors;
}

inline const door& door_named(const std::string& name) {
  for (const auto& d : all_doors())
    if (d.name == name) return d;
  throw std::runtime_error("no door " + name);
}

/// Whether it is a JWT: three parts between dots.
inline bool looks_like_token(const std::string& text) {
  return text.size() > 40 && std::count(text.begin(), text.end(), '.') == 2;
}

inline constexpr const char* good_password = "SecurePassword123!";

}  // namespace stoa::testing
