// One step of a plugin's life, on a thread of its own: whoever waits for it does not wait for ever.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include "runtime/crash/journal.hpp"
#include "runtime/plugin/life.hpp"
#include "runtime/plugin/manifest.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

enum class step_end {
  done,
  late,  ///< it did not end within its time; it goes on, and nobody waits for it any more
  left,  ///< nobody wants to wait any more, since the server ends; it goes on as well
};

/// Runs `work` and waits for it. What it throws is thrown here where it ends in time; afterwards it is lost. `work`
/// keeps alive what it needs.
step_end run_step(std::function<void()> work, milliseconds within, const std::stop_token& leaving = {});

/// The steps of all plugins: each on its thread, within its time, written down in the journal of crashes and in the
/// plugin's life.
class plugin_steps {
 public:
  /// `journal` may be null.
  plugin_steps(plugin_lives& lives, std::shared_ptr<crash_journal> journal, std::stop_token leaving);

  /// Throws plugin_error for whatever the step throws, and where it does not end in time: `keep` and what `work` holds
  /// are then never destroyed.
  void run(const manifest& m, const char* name, milliseconds within, std::shared_ptr<void> keep,
           std::function<void()> work) {
    run(m, name, within, std::move(keep), std::move(work), leaving_);
  }
  /// The same for what belongs to the server's end, and is waited for when it leaves.
  void run_at_end(const manifest& m, const char* name, milliseconds within, std::shared_ptr<void> keep,
                  std::function<void()> work) {
    run(m, name, within, std::move(keep), std::move(work), {});
  }
  /// How many steps were not waited for to their end.
  std::size_t left_behind() const noexcept { return left_behind_; }

 private:
  void run(const manifest& m, const char* name, milliseconds within, std::shared_ptr<void> keep,
           std::function<void()> work, const std::stop_token& leaving);

  plugin_lives& lives_;
  const std::shared_ptr<crash_journal> journal_;
  const std::stop_token leaving_;
  std::atomic<std::size_t> left_behind_{0};
};

}  // namespace stoa::runtime
