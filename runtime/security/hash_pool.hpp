// The threads that hash passwords, so that nobody else waits for argon2.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "runtime/security/passwords.hpp"
#include "stoa/task.hpp"

namespace stoa::runtime {

struct hash_pool_settings {
  std::size_t threads = 2;
  /// How many may wait; who comes when so many do is refused at once.
  std::size_t queue = 128;
  /// How long one may wait; who has waited longer is refused without being hashed.
  milliseconds deadline{5000};
  /// What the refused are told.
  seconds retry_after{1};
};

/// Who asks. Registrations and new passwords fill at most half of the queue and leave a thread to sign-ins, and where
/// both wait they take turns: neither can keep the other out.
enum class hash_share { sign_in, other };

/// Own threads with a bounded queue. The tasks go on where `post` runs them; they are refused with
/// `fault_kind::unavailable` when the queue is full, the deadline has passed or the pool is stopped. Thread-safe.
class hash_pool {
 public:
  using post_function = std::function<void(std::function<void()>)>;

  hash_pool(password_hasher hasher, hash_pool_settings settings, post_function post);
  /// Stops. The tasks the pool gave out must have ended or be abandoned by then.
  ~hash_pool();
  hash_pool(const hash_pool&) = delete;
  hash_pool& operator=(const hash_pool&) = delete;

  /// Whether the password made the hash. An empty `phc` stands for an unknown account: as slow, always false.
  task<bool> verify(std::string password, std::string phc, hash_share share = hash_share::sign_in);
  task<std::string> hash(std::string password, hash_share share = hash_share::other);

  const password_hasher& hasher() const noexcept;
  /// How many wait at the moment.
  std::size_t waiting() const;
  /// Refuses who waits, lets the running ones end and joins. May be called twice, not from a pool's thread.
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime
