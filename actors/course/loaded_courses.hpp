// Which loaded courses show an instructor's numbers. Node view: entities write, the reader of numbers reads.
#pragma once

#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/course/bestsellers.hpp"
#include "stoa/ids.hpp"

namespace stoa::actors {

/// Thread-safe.
class loaded_courses {
 public:
  void add(user_id instructor, course_id course) {
    std::lock_guard lock(guard_);
    by_instructor_[instructor].insert(course);
  }
  void remove(user_id instructor, course_id course) {
    std::lock_guard lock(guard_);
    auto it = by_instructor_.find(instructor);
    if (it == by_instructor_.end()) return;
    it->second.erase(course);
    if (it->second.empty()) by_instructor_.erase(it);
  }
  std::vector<course_id> of(user_id instructor) const {
    std::lock_guard lock(guard_);
    auto it = by_instructor_.find(instructor);
    if (it == by_instructor_.end()) return {};
    return {it->second.begin(), it->second.end()};
  }

  std::vector<course_id> all() const {
    std::lock_guard lock(guard_);
    std::vector<course_id> out;
    for (const auto& [instructor, courses] : by_instructor_) out.insert(out.end(), courses.begin(), courses.end());
    return out;
  }

  bestsellers marks;  ///< what a course is measured by when it is loaded

 private:
  mutable std::mutex guard_;
  std::unordered_map<user_id, std::unordered_set<course_id>> by_instructor_;
};

}  // namespace stoa::actors
