// The parts of a running server: each brings its start, its readiness and its end; the order is the order of adding.
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
  /// Stops what was started, the last one first. A part that throws does not keep the others from ending. Idempotent.
  void stop(const std::function<void(const std::string& part, const char* why)>& complain);
  /// The names of those that are not started yet or not ready.
  std::vector<std::string> unready() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::cli
