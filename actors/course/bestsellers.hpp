// What it takes to be a bestseller, per category. Node-local; recomputed at most every few seconds, when somebody needs
// it.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "stoa/areas/courses.hpp"
#include "stoa/db.hpp"
#include "stoa/time.hpp"

namespace stoa::actors {

/// Students of the last course within the best tenth, by category; the nil id stands for courses without one.
using bestseller_marks = std::unordered_map<category_id, std::int64_t>;
using bestseller_marks_ptr = std::shared_ptr<const bestseller_marks>;

class bestsellers {
 public:
  /// The marks, null before the first; `due` says that the caller shall compute new ones and `set` them.
  bestseller_marks_ptr current(timestamp now, bool& due) {
    std::lock_guard lock(guard_);
    due = !marks_ || now >= until_;
    // One caller computes, the others go on with what there is.
    if (due && marks_) until_ = now + lifetime;
    return marks_;
  }

  /// The marks as they were last computed, however old; null before the first.
  bestseller_marks_ptr latest() const {
    std::lock_guard lock(guard_);
    return marks_;
  }

  bestseller_marks_ptr set(const rows& found, timestamp now) {
    auto next = std::make_shared<bestseller_marks>();
    for (auto r : found) (*next)[r.null(0) ? category_id{} : r.as<category_id>(0)] = r.integer(1);
    std::lock_guard lock(guard_);
    until_ = now + lifetime;
    return marks_ = std::move(next);
  }

  static std::int64_t lowest(const bestseller_marks& marks, const course& c) {
    const auto it = marks.find(c.category ? c.category->id : category_id{});
    return it == marks.end() ? 0 : it->second;
  }

 private:
  static constexpr seconds lifetime{10};
  mutable std::mutex guard_;
  bestseller_marks_ptr marks_;
  timestamp until_;
};

}  // namespace stoa::actors
