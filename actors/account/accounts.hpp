// Accounts and sessions: every way to a token. Inside only: a plugin learns of people from stoa/areas/people.hpp.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string>

#include "stoa/areas/people.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area accounts{"accounts", 1};
}

/// What a registration brings. Text comes validated for form by the wire; rules check what it means.
struct registration {
  std::string email;
  std::string username;  ///< empty: none
  std::string password;
  std::string first_name;
  std::string last_name;
  role wanted = role::student;
  std::string track;
  bool strict_password = false;  ///< upper, lower and digit, where a contract asks for it
};

struct credentials {
  std::string identifier;  ///< e-mail address or username
  std::string password;
  std::string mfa_code;
  std::string address;  ///< the client's; the core neither keeps nor logs it
};

/// What a door grants to who comes in through it.
struct session_terms {
  std::string door;  ///< its name, for the records
  seconds access{};  ///< how long its tokens live
  seconds refresh{};
};

struct token_pair {
  std::string access_token;
  std::string refresh_token;
  timestamp access_expires_at;
  timestamp refresh_expires_at;
  session_id session;
};

struct signed_in {
  account_ptr account;
  token_pair tokens;
};

/// Which password was proved, and of which version of the account.
struct password_proof {
  std::int64_t account_version = 0;
  std::int64_t password_version = 0;
};
BOOST_DESCRIBE_STRUCT(password_proof, (), (account_version, password_version))

/// Somebody whose password was proved. A session is opened only as long as that is their password.
struct authenticated {
  account_ptr account;
  password_proof proof;
  std::optional<std::string> stronger_hash;  ///< the same password hashed at today's cost, where that rose
};

/// A partial change of one's own profile: an empty optional leaves the member as it is.
struct profile_change {
  std::optional<std::string> first_name, last_name, bio, avatar_url, phone, country, timezone, track, preferences;
};
BOOST_DESCRIBE_STRUCT(profile_change, (),
                      (first_name, last_name, bio, avatar_url, phone, country, timezone, track, preferences))

/// Whether an address was proved by a link that was mailed there.
struct email_state {
  std::string email;
  std::optional<timestamp> email_verified_at;
};
BOOST_DESCRIBE_STRUCT(email_state, (), (email, email_verified_at))

/// Faults: EMAIL_TAKEN, USERNAME_TAKEN (conflict), WEAK_PASSWORD (invalid, field `password`), ROLE_NOT_ALLOWED
/// (forbidden), INVALID_CREDENTIALS (unauthenticated), ACCOUNT_LOCKED (locked, with retry_after),
/// RATE_LIMIT_EXCEEDED (too_many, likewise), INVALID_TOKEN (unauthenticated), USER_NOT_FOUND (not_found),
/// WRONG_PASSWORD (rejected), LINK_INVALID (rejected), MAIL_UNAVAILABLE (unavailable). An account that is switched off
/// answers like one that does not exist, INVALID_CREDENTIALS, and its refresh tokens are invalid.
class accounts : public people {
 public:
  static constexpr interface_id interface { areas::accounts, "accounts" };
  ~accounts() override;

  /// Makes an account and signs it in. One account per address, however many ask at once.
  virtual task<signed_in> sign_up(registration r, session_terms terms) = 0;
  /// Like sign_up without making a session, for a door that hands out no tokens at registration.
  virtual task<account_ptr> make_account(registration r) = 0;
  /// The one pipeline behind every door that takes a password: lock, credentials, active, MFA.
  virtual task<signed_in> sign_in(credentials c, session_terms terms) = 0;
  /// Like sign_in without making a session, for a door that must look at the account first.
  virtual task<authenticated> authenticate(credentials c) = 0;
  /// INVALID_CREDENTIALS where the password has changed since.
  virtual task<signed_in> open_session(authenticated who, session_terms terms) = 0;
  /// Rotates a refresh token; the lifetimes are those of the terms that opened the session.
  virtual task<token_pair> refresh(std::string refresh_token) = 0;
  /// Ends one session at once; its access tokens stop working.
  virtual task<done> sign_out(session_id session) = 0;

  virtual task<account_ptr> update(user_id user, profile_change change) = 0;
  /// Ends every session of the user, the asking one included.
  virtual task<done> change_password(user_id user, std::string current, std::string next, bool strict_password) = 0;
  /// Promises a mail with a link for a new password to whoever has that address. Answers alike, and as quickly, where
  /// nobody has it. `client` is the asking client's address, for the limit.
  virtual task<done> ask_password_reset(std::string email, std::string client) = 0;
  /// Sets a new password by the secret of such a link, once. Ends every session, lifts the lock on sign-ins and proves
  /// the address: whoever reads its mail is its owner.
  virtual task<done> reset_password(std::string secret, std::string next, bool strict_password) = 0;
  /// Promises a mail with a link that proves one's own address; nothing where it is proved.
  virtual task<done> ask_email_verification(user_id user) = 0;
  virtual task<done> verify_email(std::string secret) = 0;
  virtual task<email_state> email_of(user_id user) = 0;
  /// Grants a role that people may give themselves (settings); it replaces the other such roles.
  virtual task<account_ptr> change_role(user_id user, role wanted) = 0;
  virtual task<bool> email_exists(std::string email) = 0;
};

}  // namespace stoa
