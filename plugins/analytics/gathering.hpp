// From what happened to numbers: events as they come, and once what was before them.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "ledger.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/areas/quizzes.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::analytics {

using facts = stoa::batch_of<stoa::enrollment_created, stoa::lesson_completed, stoa::course_completed,
                             stoa::payment_completed, stoa::user_created, stoa::attempt_closed, stoa::attempt_regraded>;

/// Thread-safe.
class gathering {
 public:
  explicit gathering(stoa::plugin_host& host) : host_(host) {}

  /// What a batch of events comes to. Those from before the line between history and events are left to history.
  stoa::task<stoa::event_write> of_events(facts batch);

  /// Reads one part of what was before; false where there is no more. Two processes may read at once: each part is
  /// counted once.
  stoa::task<bool> read_history();
  /// Whether all that was before is counted.
  bool complete() const noexcept { return complete_.load(); }

 private:
  using known_courses = std::map<stoa::course_id, stoa::course_ptr>;

  stoa::task<reading> line();
  stoa::task<known_courses> courses_of(std::vector<stoa::course_id> ids);
  stoa::task<stoa::done> read_people(const reading& at, tally& t);
  stoa::task<bool> read_sales(const reading& at, reading& next, tally& t);
  stoa::task<bool> read_studies(const reading& at, reading& next, tally& t);
  stoa::task<bool> read_attempts(const reading& at, reading& next, tally& t);

  stoa::plugin_host& host_;
  std::mutex guard_;
  std::optional<stoa::timestamp> since_;
  std::atomic<bool> complete_{false};
};

}  // namespace stoa_plugin::analytics
