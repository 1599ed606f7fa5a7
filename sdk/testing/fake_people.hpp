// People in memory, for tests of whoever asks for them. Passes the suite of the real ones.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "stoa/areas/people.hpp"

namespace stoa::testing {

/// Thread-safe.
class fake_people final : public people {
 public:
  /// Adds somebody, or replaces whoever has that id; an id that is null is made. Returns who is known now.
  account_ptr add(account who) {
    if (who.id == user_id()) who.id = user_id::make();
    auto known = std::make_shared<const account>(std::move(who));
    const std::lock_guard lock{mutex_};
    all_[known->id] = known;
    return known;
  }
  account_ptr add(user_id id, std::string first_name, std::string last_name) {
    account a;
    a.id = id;
    a.first_name = std::move(first_name);
    a.last_name = std::move(last_name);
    return add(std::move(a));
  }

  task<account_ptr> get(user_id user) override {
    const std::lock_guard lock{mutex_};
    const auto found = all_.find(user);
    if (found == all_.end())
      co_return fault{fault_kind::not_found, "USER_NOT_FOUND", "The requested user does not exist."};
    co_return found->second;
  }

 private:
  std::mutex mutex_;
  std::map<user_id, account_ptr> all_;
};

}  // namespace stoa::testing
