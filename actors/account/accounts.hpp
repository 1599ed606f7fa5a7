// Accounts and sessions: every way to a token. Inside only: a plugin learns of people from stoa/areas/people.hpp.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/people.hpp"
#include "stoa/ids.hpp"
#include "stoa/paging.hpp"
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
  std::string mfa_code;  ///< of the second factor, or a recovery code; empty: none
  std::string address;   ///< the client's; the core neither keeps nor logs it
};

/// What a door grants to who comes in through it.
struct session_terms {
  std::string door;  ///< its name, for the records
  seconds access{};  ///< how long its tokens live
  seconds refresh{};
  /// What comes in, as it calls itself (its User-Agent): shown in the list of one's sessions. Empty where it does not.
  std::string client = {};
  static constexpr std::size_t client_size = 256;  ///< what is longer is cut off
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

/// Which code of a second factor was proved. It is good once: whoever opens the session first spends it.
struct code_proof {
  std::int64_t mfa_version = 0;  ///< of the secret; 0: no code was wanted
  std::int64_t step = 0;         ///< the period of a code of the clock
  std::string recovery;          ///< or the hash of a recovery code
  std::string resealed;          ///< the secret under today's key, where an older one had sealed it
  bool shown() const noexcept { return mfa_version != 0; }
};
BOOST_DESCRIBE_STRUCT(code_proof, (), (mfa_version, step, recovery, resealed))

/// Somebody whose password was proved, and whose code where there is a second factor. A session is opened only as long
/// as that is their password, and with each code once.
struct authenticated {
  account_ptr account;
  password_proof proof;
  code_proof code;
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

/// A second factor that was begun, for the app that makes its codes.
struct mfa_secret {
  std::string secret;  ///< in base32, as apps take it; told this once
  std::string email;   ///< whose it is, as apps show it
  std::string issuer;  ///< and at which server; empty: as the contract calls it
};

struct mfa_status {
  bool enabled = false;
  std::int64_t recovery_codes_left = 0;
};

/// A session as its owner sees it.
struct session_view {
  session_id id;
  std::string door;    ///< of which dialect
  std::string client;  ///< what it called itself; empty where that is not known
  timestamp created_at;
  timestamp last_used_at;  ///< when it was opened or last refreshed
  timestamp expires_at;
};
BOOST_DESCRIBE_STRUCT(session_view, (), (id, door, client, created_at, last_used_at, expires_at))

fault not_found(const session_id&);  ///< SESSION_NOT_FOUND

/// Faults: EMAIL_TAKEN, USERNAME_TAKEN (conflict), WEAK_PASSWORD (invalid, field `password`), ROLE_NOT_ALLOWED
/// (forbidden), INVALID_CREDENTIALS (unauthenticated), ACCOUNT_LOCKED (locked, with retry_after),
/// RATE_LIMIT_EXCEEDED (too_many, likewise), INVALID_TOKEN (unauthenticated), USER_NOT_FOUND (not_found),
/// UNKNOWN_TRACK (invalid, field `track`), WRONG_PASSWORD (rejected), LINK_INVALID (rejected), MAIL_UNAVAILABLE
/// (unavailable), SESSION_NOT_FOUND (not_found). Of second factors: MFA_REQUIRED and INVALID_MFA_CODE (unauthenticated;
/// the latter rejected of who is signed in), MFA_ALREADY_ENABLED, MFA_NOT_ENABLED, MFA_NOT_BEGUN (conflict). An account
/// that is switched off answers like one that does not exist, INVALID_CREDENTIALS, and its refresh tokens are invalid.
///
/// Wherever a code is taken, one of the clock or a recovery code is. Each is good once, and wrong ones count toward the
/// lock on sign-ins.
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
  /// INVALID_CREDENTIALS where the password has changed since, INVALID_MFA_CODE where the code was spent since.
  virtual task<signed_in> open_session(authenticated who, session_terms terms) = 0;
  /// Rotates a refresh token; the lifetimes are those of the terms that opened the session. One that was opened before
  /// the account had its second factor is refused with MFA_REQUIRED, and goes on, until it comes with a code.
  virtual task<token_pair> refresh(std::string refresh_token, std::string mfa_code) = 0;
  /// Ends one session at once; its access tokens stop working.
  virtual task<done> sign_out(session_id session) = 0;
  /// The same, with the refresh token that its owner holds: INVALID_TOKEN (invalid, field `refresh`) where it is not
  /// one of theirs that can still be used. One of another session of theirs ends that, too.
  virtual task<done> sign_out(user_id user, session_id session, std::string refresh_token) = 0;
  /// The user's open sessions, those used last first.
  virtual task<page_of<session_view>> sessions_of(user_id user, page_request asked) = 0;
  /// Ends one of the user's own sessions as sign_out does; SESSION_NOT_FOUND where it is none of them.
  virtual task<done> end_session(user_id user, session_id session) = 0;
  /// Ends all of the user's sessions but that one.
  virtual task<done> end_other_sessions(user_id user, session_id kept) = 0;

  virtual task<mfa_status> mfa_of(user_id user) = 0;
  /// Begins a second factor: a new secret, in place of one that waits, never of one that is on. Changes nothing until
  /// verify_mfa.
  virtual task<mfa_secret> begin_mfa(user_id user) = 0;
  /// Takes the first code of that secret: the account has a second factor from now on. `shown_in` is the asking
  /// session: the others go on to the end of their access tokens and then have to show a code. The recovery codes, told
  /// this once.
  virtual task<std::vector<std::string>> verify_mfa(user_id user, session_id shown_in, std::string code) = 0;
  virtual task<done> disable_mfa(user_id user, std::string code) = 0;
  /// New recovery codes in the place of all older ones.
  virtual task<std::vector<std::string>> new_recovery_codes(user_id user, std::string code) = 0;

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
