// A mailer that keeps what it is given, for tests of whoever writes to people.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "stoa/areas/mail.hpp"

namespace stoa::testing {

/// Thread-safe.
class fake_mailer final : public mailer {
 public:
  task<done> deliver(mail m) override {
    const std::lock_guard lock{mutex_};
    if (away_) co_return fault::unavailable("Nobody carries mail.");
    if (ids_.insert(m.id).second) sent_.push_back(std::move(m));
    co_return done{};
  }

  /// From now on nothing goes out, or all again.
  void away(bool is) {
    const std::lock_guard lock{mutex_};
    away_ = is;
  }
  std::vector<mail> sent() const {
    const std::lock_guard lock{mutex_};
    return sent_;
  }
  std::vector<mail> sent_to(const std::string& address) const {
    std::vector<mail> out;
    for (auto& m : sent())
      if (m.to == address) out.push_back(std::move(m));
    return out;
  }
  /// A variable of a mail; empty where it has none of that name.
  static std::string variable(const mail& m, const std::string& name) {
    for (const auto& v : m.variables)
      if (v.name == name) return v.value;
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<mail> sent_;
  std::set<std::string> ids_;
  bool away_ = false;
};

}  // namespace stoa::testing
