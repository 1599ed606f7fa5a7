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

void course_numbers_reader::changed_siblings(user_id instructor, course_id but) {
  auto courses = loaded_.of(instructor);
  std::erase(courses, but);
  changed(courses);
}

void course_numbers_reader::counted(const std::map<course_id, user_id>& courses) {
  std::vector<course_id> ids;
  {
    std::lock_guard lock(guard_);
    for (const auto& [id, instructor] : courses) {
      ids.push_back(id);
      instructors_.insert(instructor);
    }
  }
  changed(ids);
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
  loaded_.marks.current(now, due);
  if (!due) return;
  db_.run(lane::reads, course_store::bestsellers, {}, [this, now](result<rows> found) {
    if (found) loaded_.marks.set(*found, now);
  });
}

task<done> course_numbers_reader::marks_ready() {
  if (loaded_.marks.latest()) {
    refresh_marks();
    co_return done{};
  }
  std::function<task<bestseller_marks_ptr>()> make = [this]() -> task<bestseller_marks_ptr> {
    const auto found = co_await db_.query(course_store::bestsellers, values{});
    co_return loaded_.marks.set(found, time_.now());
  };
  auto first = first_marks_.run(0, std::move(make));
  co_await as_result(std::move(first));  // without marks nothing is a bestseller, but every course can be read
  co_return done{};
}

}  // namespace stoa::actors
