// What makes a well-signed access token worthless before it expires: its session was ended, or its roles changed.
// Node-local view, filled from the database at start; entries go when no token can outlive them.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "stoa/ids.hpp"
#include "stoa/routes.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

class revocations {
 public:
  void revoke(session_id session, timestamp at) {
    std::unique_lock lock(guard_);
    sessions_[session] = at;
  }
  /// Ends what was issued to a user until `at`: of a change that nobody knows to have taken place.
  void revoke_all(user_id user, timestamp at) {
    std::unique_lock lock(guard_);
    auto& known = users_[user];
    known = std::max(known, at);
  }
  void change_roles(user_id user, role_set roles, timestamp at) {
    std::unique_lock lock(guard_);
    // News of an older change may come late, from another process.
    auto& known = roles_[user];
    if (at >= known.at) known = {roles, at};
  }

  bool revoked(session_id session) const {
    std::shared_lock lock(guard_);
    return !sessions_.empty() && sessions_.contains(session);
  }

  /// The same of a token of that session, issued to that user then.
  bool revoked(session_id session, user_id user, timestamp issued_at) const {
    std::shared_lock lock(guard_);
    if (!sessions_.empty() && sessions_.contains(session)) return true;
    if (users_.empty()) return false;
    const auto it = users_.find(user);
    return it != users_.end() && issued_at <= it->second;
  }

  /// The roles of a user, where they changed after the token was made.
  std::optional<role_set> newer_roles(user_id user, timestamp issued_at) const {
    std::shared_lock lock(guard_);
    if (roles_.empty()) return std::nullopt;
    auto it = roles_.find(user);
    // Tokens carry whole seconds: one made in the second of the change may hold the old roles.
    if (it == roles_.end() || issued_at > it->second.at) return std::nullopt;
    return it->second.roles;
  }

  /// Drops what lies before `then`.
  void forget(timestamp then) {
    std::unique_lock lock(guard_);
    std::erase_if(sessions_, [&](const auto& e) { return e.second < then; });
    std::erase_if(users_, [&](const auto& e) { return e.second < then; });
    std::erase_if(roles_, [&](const auto& e) { return e.second.at < then; });
  }

 private:
  struct change {
    role_set roles;
    timestamp at;
  };
  mutable std::shared_mutex guard_;
  std::unordered_map<session_id, timestamp> sessions_;
  std::unordered_map<user_id, timestamp> users_;
  std::unordered_map<user_id, change> roles_;
};

}  // namespace stoa::actors
