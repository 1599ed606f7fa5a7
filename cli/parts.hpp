// The parts of a running server: each brings its start, its readiness and its end. They start in the order of adding.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stoa::cli {

struct part {
  std::string name;                                   ///< as `/ready` names it while it is not
  std::function<void()> start = [] {};                ///< throws to give up the whole start
  std::function<bool()> ready = [] { return true; };  ///< asked once it is started; any thread
  std::function<void()> stop = [] {};                 ///< called once, for whatever was started
  /// The part that this one is ended right before, where it must start earlier than it may end. Empty: its own place.
  std::string ends_before = {};
};

/// Add, then start, then stop, all from one thread; `unready` from any.
class parts {
 public:
  parts();
  ~parts();
  parts(const parts&) = delete;
  parts& operator=(const parts&) = delete;

  void add(part p);
  /// Starts all in their order. Where one throws, those before it are stopped, and the exception goes on.
  void start();
  /// Stops what was started, the last one first but for those that say otherwise. A part that throws does not keep the
  /// others from ending. Idempotent.
  void stop(const std::function<void(const std::string& part, const char* why)>& complain);
  /// The names of those that are not started yet or not ready.
  std::vector<std::string> unready() const;
  /// The names in the order of their starting, and of their ending were all started.
  std::vector<std::string> starting() const;
  std::vector<std::string> ending() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::cli
