// Who watches the attempts at a quiz, and what is new for them. What is told is how far an attempt is by now, never the
// way there: so a watcher holds no more than an entry for each attempt, and whatever was missed is made up by the next.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/services.hpp"
#include "stoa/areas/quizzes.hpp"

namespace stoa::actors {

/// Thread-safe. What this process writes is told at once; what others write, with the next look at the table.
class attempt_live : public std::enable_shared_from_this<attempt_live> {
 public:
  attempt_live(services& s, std::function<void(std::function<void()>)> post) : services_(s), post_(std::move(post)) {}

  /// An attempt changed here.
  void changed(const attempt& a);
  /// Somebody who wants to know of a quiz's attempts, first of all how those stand that are open or were just closed.
  task<std::shared_ptr<attempt_watch>> watch(quiz_id quiz);
  /// Reads what other processes wrote, for the quizzes that are watched.
  task<done> look();

 private:
  class watcher;
  using watchers = std::unordered_map<watcher*, std::weak_ptr<watcher>>;

  void tell(quiz_id quiz, const std::vector<attempt_progress>& news);
  void leave(quiz_id quiz, watcher* one);
  task<std::vector<attempt_progress>> read(quiz_id quiz, timestamp since, bool open_ones);

  services& services_;
  const std::function<void(std::function<void()>)> post_;  ///< where coroutines are driven
  std::mutex guard_;
  std::unordered_map<quiz_id, watchers> watched_;
};

}  // namespace stoa::actors
