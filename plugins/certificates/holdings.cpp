#include "holdings.hpp"

#include "register.hpp"

namespace stoa_plugin::certificates {

namespace {

/// A bound rather than a policy: what is thrown away is read again. Most people have none, which is an empty list that
/// costs a hundred bytes.
constexpr std::size_t most_people = 50'000;

}  // namespace

stoa::task<stoa::held_certificates_ptr> holdings::of(stoa::user_id user) {
  std::uint64_t before = 0;
  {
    const std::lock_guard lock{mutex_};
    if (const auto at = known_.find(user); at != known_.end()) co_return at->second;
    before = changes_;
  }
  auto read = co_await held_of(db_, user);
  const std::lock_guard lock{mutex_};
  if (before == changes_) {
    if (known_.size() >= most_people) known_.clear();
    known_[user] = read;
  }
  co_return read;
}

void holdings::forget(stoa::user_id user) {
  const std::lock_guard lock{mutex_};
  ++changes_;
  known_.erase(user);
}

}  // namespace stoa_plugin::certificates
