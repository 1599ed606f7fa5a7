// The catalogue in memory: read once at the start, kept up by what is committed here, by events and by a check of all
// of it. Many read, one writes at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/catalog/catalog_columns.hpp"
#include "actors/catalog/catalog_store.hpp"
#include "stoa/db.hpp"
#include "stoa/log.hpp"
#include "stoa/task.hpp"

namespace stoa::actors {

/// Thread-safe. Statements are run by callback, on the store's threads: what reads a hundred thousand rows holds up no
/// request.
class catalog_model {
 public:
  using post_function = std::function<void(std::function<void()>)>;

  /// `post` puts work where coroutines are driven.
  catalog_model(database& db, logger& log, post_function post) : db_(db), log_(log), post_(std::move(post)) {}

  /// Begins to read the whole catalogue, where that is not done or under way. Returns at once.
  void start();
  bool ready() const noexcept { return ready_.load(); }
  /// Ends when the catalogue is there: `unavailable` where it is not being read, or cannot be.
  task<done> loaded();

  /// A course as this process has just committed it: shown from now on.
  void committed(const course& c);
  /// These were written by somebody: they are read at once.
  void written(const std::vector<course_id>& ids);
  /// The numbers of these have changed: they are read with the next `look`.
  void counted(course_id id);
  /// What lists show of an instructor has changed: the version rises with the next `look`.
  void renamed(user_id instructor);
  /// Called every second or so: reads what is due, and compares everything with the database when that is due: every
  /// second while it takes no time, at most a twentieth of the time otherwise, and at least every minute.
  void look();

  /// Rises with whatever a page could show.
  std::int64_t version() const noexcept { return version_.load(); }
  /// The version rises: something that the columns do not hold has changed.
  void touch() { version_.fetch_add(1); }
  /// Called with the courses whose texts may have changed, before the version rises. Set before `start`.
  std::function<void(const std::vector<course_id>&)> rewritten = [](const auto&) {};
  /// Called with the instructors of whom lists show something else.
  std::function<void(const std::vector<user_id>&)> teachers_changed = [](const auto&) {};

  /// What `f(columns)` makes of a catalogue that stands still. Keep it short: writers wait.
  template <class F>
  auto read(F&& f) const {
    const reading in(*this);
    return f(static_cast<const catalog_columns&>(columns_));
  }

  /// The place in the sequence of rewritten courses, and those behind a place: nullopt where that is too long ago.
  std::uint64_t place() const;
  std::optional<std::vector<course_id>> rewritten_since(std::uint64_t place) const;

 private:
  /// Readers pass through the door that a writer holds while it waits for them to leave: it does not wait for ever.
  class reading {
   public:
    explicit reading(const catalog_model& m) : lock_(m.columns_guard_, std::defer_lock) {
      const std::lock_guard door(m.door_);
      lock_.lock();
    }

   private:
    std::shared_lock<std::shared_mutex> lock_;
  };

  using steady = std::chrono::steady_clock;

  void read_chunk(std::int64_t behind, std::shared_ptr<std::vector<catalog_entry>> read);
  void load_ended(std::optional<fault> failed);
  void read_due();
  void check();
  void compare(const rows& found);
  void read_buckets(std::vector<std::int64_t> buckets, std::uint64_t seen);
  void check_ended();
  /// Writes what was read when the sequence stood at `seen`; courses committed here since then are read again.
  void take(const rows& found, const std::vector<course_id>& asked, std::uint64_t seen, bool checking = false);
  /// The one place where the columns are written.
  void apply(const std::vector<catalog_entry>& put, const std::vector<course_id>& gone, bool checking = false);
  void measure();
  std::uint64_t sequence() const;
  void forget_commits();

  database& db_;
  logger& log_;
  const post_function post_;

  mutable std::mutex door_;
  mutable std::shared_mutex columns_guard_;
  catalog_columns columns_;
  bool unmeasured_ = false;

  std::atomic<bool> ready_{false}, complained_{false};
  std::atomic<std::int64_t> version_{1};

  mutable std::mutex guard_;  ///< of all below; never held while the columns are
  bool loading_ = false, reading_ = false, checking_ = false;
  std::vector<std::function<void(result<done>)>> waiting_;
  std::unordered_set<course_id> due_, counted_;
  std::unordered_set<user_id> renamed_;
  steady::time_point check_begun_{}, next_check_{};
  std::uint64_t sequence_ = 0;
  std::unordered_map<course_id, std::uint64_t> committed_;  ///< here, while something is being read

  mutable std::mutex log_guard_;
  std::deque<course_id> rewritten_;
  std::uint64_t first_rewritten_ = 0;
};

}  // namespace stoa::actors
