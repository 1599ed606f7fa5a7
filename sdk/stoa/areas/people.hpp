// People: who somebody is. How they sign in is not here, and plugins do not get it.
#pragma once

#include <boost/describe.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area people{"people", 1};
}

/// A person's account as everybody inside may see it: no secrets.
struct account {
  user_id id;
  std::int64_t number = 0;  ///< the id of contracts that show integers
  std::string email;
  std::string username;  ///< empty where none was chosen
  std::string first_name;
  std::string last_name;
  std::string bio;
  std::string avatar_url;
  std::string phone;
  std::string country;
  std::string timezone;
  std::string track;               ///< the learning track, where a contract knows one
  std::string preferences = "{}";  ///< a JSON object of the client's own settings
  role_set roles;
  bool active = true;
  timestamp created_at;
  timestamp updated_at;
  std::optional<timestamp> last_login_at;
  std::int64_t password_version = 1;  ///< goes up with every new password
  std::int64_t version = 0;

  /// `first_name last_name`, without the blanks where one is empty.
  std::string full_name() const;
};

BOOST_DESCRIBE_STRUCT(account, (),
                      (id, number, email, username, first_name, last_name, bio, avatar_url, phone, country, timezone,
                       track, preferences, roles, active, created_at, updated_at, last_login_at, password_version,
                       version))

/// How many characters an account's texts may have, wherever they come from.
struct account_limits {
  static constexpr std::size_t full_name = 255;  ///< also of either part, wherever the first blank is
  static constexpr std::size_t name = 150;       ///< of a first or last name where they are asked for apart
  static constexpr std::size_t username = 150;
  static constexpr std::size_t bio = 5000;
  static constexpr std::size_t phone = 40;
  static constexpr std::size_t country = 100;
  static constexpr std::size_t timezone = 64;
  static constexpr std::size_t track = 32;
};

using account_ptr = std::shared_ptr<const account>;

/// Splits a full name at its first blank: what contracts with one name field send. Joining gives it back.
struct split_name {
  std::string first;
  std::string last;
  static split_name of(const std::string& full_name);
};

/// Faults: USER_NOT_FOUND (not_found).
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class people {
 public:
  static constexpr interface_id interface { areas::people, "people" };
  virtual ~people();

  virtual task<account_ptr> get(user_id user) = 0;
};

// -- events

/// An event: somebody has an account.
struct user_created {
  static constexpr std::string_view kind = "user.created";
  static constexpr std::string_view about = "Somebody has an account.";
  static constexpr std::string_view entity = "the account";
  std::int64_t roles = 0;  ///< a set of bits: student 1, instructor 2, admin 4
};
BOOST_DESCRIBE_STRUCT(user_created, (), (roles))

/// An event: somebody changed what others see of them.
struct user_updated {
  static constexpr std::string_view kind = "user.updated";
  static constexpr std::string_view about = "Somebody changed what others see of them.";
  static constexpr std::string_view entity = "the account";
};
BOOST_DESCRIBE_STRUCT(user_updated, (), ())

/// An event: somebody signed in with their password.
struct user_signed_in {
  static constexpr std::string_view kind = "user.signed_in";
  static constexpr std::string_view about = "Somebody signed in with their password.";
  static constexpr std::string_view entity = "the account";
};
BOOST_DESCRIBE_STRUCT(user_signed_in, (), ())

/// An event: somebody took another role; tokens made before hold the old ones.
struct user_roles_changed {
  static constexpr std::string_view kind = "user.roles_changed";
  static constexpr std::string_view about = "Somebody took another role; tokens made before hold the old ones.";
  static constexpr std::string_view entity = "the account";
  std::int64_t roles = 0;
};
BOOST_DESCRIBE_STRUCT(user_roles_changed, (), (roles))

/// An event: a session was signed out of, ended by a new password, or by a refresh token that came twice.
struct session_ended {
  static constexpr std::string_view kind = "session.ended";
  static constexpr std::string_view about =
      "A session was signed out of, ended by a new password, or by a refresh token that came twice.";
  static constexpr std::string_view entity = "the session";
};
BOOST_DESCRIBE_STRUCT(session_ended, (), ())

/// An event: somebody has a new password, by the old one or (`by_mail`) by a mailed link.
struct user_password_changed {
  static constexpr std::string_view kind = "user.password_changed";
  static constexpr std::string_view about =
      "Somebody has a new password, by the old one or (`by_mail`) by a mailed link.";
  static constexpr std::string_view entity = "the account";
  bool by_mail = false;
};
BOOST_DESCRIBE_STRUCT(user_password_changed, (), (by_mail))

/// An event: somebody has a second factor beside their password, or (not `enabled`) has none any more.
struct user_mfa_changed {
  static constexpr std::string_view kind = "user.mfa_changed";
  static constexpr std::string_view about =
      "Somebody has a second factor beside their password, or (not `enabled`) has none any more.";
  static constexpr std::string_view entity = "the account";
  bool enabled = false;
};
BOOST_DESCRIBE_STRUCT(user_mfa_changed, (), (enabled))

/// An event: too many sign-ins failed: an identifier is locked for a while.
struct sign_in_locked {
  static constexpr std::string_view kind = "sign_in.locked";
  static constexpr std::string_view about = "Too many sign-ins failed: an identifier is locked for a while.";
  static constexpr std::string_view entity = "the identifier, as a hash of it";
  std::string identifier;
};
BOOST_DESCRIBE_STRUCT(sign_in_locked, (), (identifier))

/// An event: a lock on sign-ins ended before its time: a new password was set by mail.
struct sign_in_unlocked {
  static constexpr std::string_view kind = "sign_in.unlocked";
  static constexpr std::string_view about = "A lock on sign-ins ended before its time: a new password was set by mail.";
  static constexpr std::string_view entity = "the identifier, as a hash of it";
  std::string identifier;
};
BOOST_DESCRIBE_STRUCT(sign_in_unlocked, (), (identifier))

}  // namespace stoa
