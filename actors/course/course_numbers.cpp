#include "actors/course/course_numbers.hpp"

#include <limits>
#include <utility>

#include "actors/course/course_store.hpp"

namespace stoa::actors {

namespace {

/// Courses of one statement.
constexpr std::size_t batch = 200;

}  // namespace

course_numbers_reader::course_numbers_reader(database& db, const clock& time, logger& log, loaded_courses& loaded,
                                             std::function<course_ptr(course_id)> peek,
                                             std::function<void(course_id, show_numbers)> tell)
    : db_(db), time_(time), log_(log), loaded_(loaded), peek_(std::move(peek)), tell_(std::move(tell)) {}

void course_numbers_reader::changed(const std::vector<course_id>& courses) {
  {
    std::lock_guard lock(guard_);
    due_.insert(courses.begin(), courses.end());
    if (due_.empty() || std::exchange(reading_, true)) return;
  }
  read_next();
}

void course_numbers_reader::counted(const std::vector<course_id>& courses, const std::vector<user_id>& instructors) {
  if (courses.empty()) {
    std::vector<course_id> all;
    for (const auto& instructor : instructors) {
      const auto theirs = loaded_.of(instructor);
      all.insert(all.end(), theirs.begin(), theirs.end());
    }
    return changed(all);
  }
  {
    std::lock_guard lock(guard_);
    instructors_.insert(instructors.begin(), instructors.end());
  }
  changed(courses);
}

void course_numbers_reader::tell_siblings() {
  std::unordered_set<user_id> due;
  {
    std::lock_guard lock(guard_);
    due.swap(instructors_);
  }
  for (const auto& instructor : due) changed(loaded_.of(instructor));
}

/// Takes a batch of what is due; nothing due ends the reading.
void course_numbers_reader::read_next() {
  std::vector<course_id> ids;
  {
    std::lock_guard lock(guard_);
    while (!due_.empty() && ids.size() < batch) {
      const auto id = *due_.begin();
      due_.erase(due_.begin());
      if (peek_(id)) ids.push_back(id);
    }
    if (ids.empty()) {
      reading_ = false;
      return;
    }
  }
  refresh_marks();
  // By callback, not by coroutine: this is begun on threads that drive none, and outlives every request.
  db_.run(lane::reads, course_store::numbers, {value::array(ids)}, [this, ids](result<rows> found) {
    if (found) {
      show(*found);
      return read_next();
    }
    log_.warn("numbers of courses were not read", {{"code", found.refusal().code}});
    std::lock_guard lock(guard_);
    // They are read again with the next that are due.
    due_.insert(ids.begin(), ids.end());
    reading_ = false;
  });
}

void course_numbers_reader::show(const rows& found) {
  const auto marks = loaded_.marks.latest();
  for (auto r : found) {
    const auto seen = peek_(r.as<course_id>(0));
    if (!seen) continue;
    auto numbers = course_store::read_numbers(r);
    numbers.bestseller_least = marks ? bestsellers::lowest(*marks, *seen) : std::numeric_limits<std::int64_t>::max();
    tell_(seen->id, std::move(numbers));
  }
}

void course_numbers_reader::refresh_marks() {
  bool due = false;
  const auto now = time_.now();
  const bool first = !loaded_.marks.current(now, due);
  if (!due || (first && looking_for_first_.exchange(true))) return;
  db_.run(lane::reads, course_store::bestsellers, {}, [this, now, first](result<rows> found) {
    if (found) loaded_.marks.set(*found, now);
    if (!first) return;
    looking_for_first_ = false;
    if (found) changed(loaded_.all());
  });
}

task<done> course_numbers_reader::first_marks() {
  const auto found = co_await db_.query(course_store::bestsellers, values{});
  loaded_.marks.set(found, time_.now());
  co_return done{};
}

}  // namespace stoa::actors
