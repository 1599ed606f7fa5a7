// Links that are mailed: the handlers behind every dialect's addresses for a new password and for proving an address.
#pragma once

#include <optional>
#include <string>

#include "api/dialect.hpp"
#include "api/fields.hpp"

namespace stoa::api {

struct reset_wanted {
  wire::email_text email;
};
BOOST_DESCRIBE_STRUCT(reset_wanted, (), (email))

using secret_text = wire::verbatim<200>;  ///< what a link holds

struct reset_confirmation {
  secret_text token;
  password_text new_password;
};
BOOST_DESCRIBE_STRUCT(reset_confirmation, (), (token, new_password))
void check_members(const reset_confirmation& in, wire::problems& bad);

/// For the contract whose passwords want upper, lower and digit.
struct reset_confirmation_strict : reset_confirmation {};
BOOST_DESCRIBE_STRUCT(reset_confirmation_strict, (reset_confirmation), ())
void check_members(const reset_confirmation_strict& in, wire::problems& bad);

/// For the contract whose forms ask for a new password twice.
struct reset_confirmation_twice {
  secret_text token;
  password_text new_password1, new_password2;
};
BOOST_DESCRIBE_STRUCT(reset_confirmation_twice, (), (token, new_password1, new_password2))
void check_members(const reset_confirmation_twice& in, wire::problems& bad);

struct mailed_token {
  secret_text token;
};
BOOST_DESCRIBE_STRUCT(mailed_token, (), (token))

struct mail_answer {
  std::string message;
};
BOOST_DESCRIBE_STRUCT(mail_answer, (), (message))

struct email_shown {
  std::string email;
  bool is_verified = false;
  std::optional<timestamp> verified_at;
};
BOOST_DESCRIBE_STRUCT(email_shown, (), (email, is_verified, verified_at))

/// A dialect's addresses; `strict` where its passwords want upper, lower and digit.
struct mailed_paths {
  std::string reset, reset_confirm, verify, verify_resend;
  bool strict = false;
  bool twice = false;  ///< the new password comes twice
};

/// Adds them to an area.
void add_mailed_routes(area_routes<const area_parts>& at, const mailed_paths& paths);

}  // namespace stoa::api
