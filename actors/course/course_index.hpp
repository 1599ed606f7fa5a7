// Which course a slug, a section or a lesson belongs to. Node view, filled from the database on first use.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/entity/unknown_identities.hpp"
#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/task.hpp"

namespace stoa::actors {

/// Thread-safe. Sections and lessons never move to another course: what was found once stays right. A slug may move:
/// whoever uses one checks it against the course.
class course_index {
 public:
  course_index(database& db, const clock& time)
      : db_(db), sections_(time), lessons_(time), slugs_(time), numbers_(time) {}

  /// SECTION_NOT_FOUND.
  task<course_id> home_of(section_id id);
  /// LESSON_NOT_FOUND.
  task<course_id> home_of(lesson_id id);
  /// COURSE_NOT_FOUND. `still` says whether a course found before has the slug by now.
  task<course_id> home_of(std::string slug, std::function<bool(course_id)> still);

  /// COURSE_NOT_FOUND. Numbers never move.
  task<course_id> home_of(std::int64_t number);

  void add(section_id id, course_id home) { sections_.add(id, home); }
  void add(lesson_id id, course_id home) { lessons_.add(id, home); }
  void add(std::int64_t number, course_id home) {
    numbers_.missing.remove(number);
    numbers_.add(number, home);
  }
  void remove(section_id id) { sections_.remove(id); }
  void remove(lesson_id id) { lessons_.remove(id); }
  /// A course has this slug from now on.
  void slug_taken(const std::string& slug) { slugs_.missing.remove(slug); }

 private:
  template <class Key>
  struct table {
    explicit table(const clock& time) : missing(time) {}

    std::optional<course_id> find(const Key& key) const {
      std::lock_guard lock(guard);
      auto it = homes.find(key);
      if (it == homes.end()) return std::nullopt;
      return it->second;
    }
    void add(const Key& key, course_id home) {
      std::lock_guard lock(guard);
      if (homes.size() >= 65536) homes.clear();
      homes.insert_or_assign(key, home);
    }
    void remove(const Key& key) {
      std::lock_guard lock(guard);
      homes.erase(key);
    }

    mutable std::mutex guard;
    std::unordered_map<Key, course_id> homes;
    runtime::unknown_identities<Key> missing;
  };

  template <class Key>
  task<course_id> look_up(table<Key>& in, Key key, const statement& s, fault unknown);

  database& db_;
  table<section_id> sections_;
  table<lesson_id> lessons_;
  table<std::string> slugs_;
  table<std::int64_t> numbers_;
};

}  // namespace stoa::actors
