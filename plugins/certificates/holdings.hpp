// The certificates of people, kept in memory: what the core shows beside every enrolment.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "stoa/areas/certificates.hpp"
#include "stoa/db.hpp"

namespace stoa_plugin::certificates {

/// Thread-safe. Told of every change (`forget`), by this process at once and by others through their events.
class holdings final : public stoa::certificates {
 public:
  explicit holdings(stoa::database& db) : db_(db) {}

  stoa::task<stoa::held_certificates_ptr> of(stoa::user_id user) override;

  /// What this person has is read anew.
  void forget(stoa::user_id user);

 private:
  stoa::database& db_;
  std::mutex mutex_;
  std::uint64_t changes_ = 0;  ///< what was read before the last one is not kept
  std::unordered_map<stoa::user_id, stoa::held_certificates_ptr> known_;
};

}  // namespace stoa_plugin::certificates
