#include "runtime/plugin/steps.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/crash/marker.hpp"
#include "runtime/settings/value.hpp"

namespace stoa::runtime {

namespace {

struct running {
  std::mutex mutex;
  std::condition_variable_any ended;
  bool over = false;
  std::exception_ptr thrown;
};

/// Never destroyed: a plugin's code that nobody waits for any more may use it.
void keep_for_good(std::shared_ptr<void> what) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<void>>;
  const std::lock_guard lock{mutex};
  kept->push_back(std::move(what));
}

}  // namespace

step_end run_step(std::function<void()> work, milliseconds within, const std::stop_token& leaving) {
  auto shared = std::make_shared<running>();
  std::thread thread([shared, work = std::move(work)]() mutable {
    std::exception_ptr thrown;
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
    work = nullptr;
    const std::lock_guard lock{shared->mutex};
    shared->over = true;
    shared->thrown = thrown;
    shared->ended.notify_all();
  });
  {
    std::unique_lock lock{shared->mutex};
    if (!shared->ended.wait_for(lock, leaving, within, [&] { return shared->over; })) {
      thread.detach();
      return leaving.stop_requested() ? step_end::left : step_end::late;
    }
  }
  thread.join();
  if (shared->thrown) std::rethrow_exception(shared->thrown);
  return step_end::done;
}

plugin_steps::plugin_steps(plugin_lives& lives, std::shared_ptr<crash_journal> journal, std::stop_token leaving)
    : lives_(lives), journal_(std::move(journal)), leaving_(std::move(leaving)) {}

void plugin_steps::run(const manifest& m, const char* name, milliseconds within, std::shared_ptr<void> keep,
                       std::function<void()> work, const std::stop_token& leaving) {
  const auto began = std::chrono::steady_clock::now();
  const auto refuse = [&](const std::string& what) {
    throw plugin_error(m.subject(), name, what, "Ask the plugin's author, or disable " + m.id + ".");
  };
  const auto told = [&] {
    lives_.step(m.id, name, std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - began));
  };
  const auto marked = std::make_shared<std::function<void()>>([id = m.id, name, work = std::move(work)] {
    const in_code_of mark(id.c_str(), name);
    work();
  });
  const crash_journal::phase written(journal_.get(), m.id, name);
  step_end end{};
  try {
    end = run_step([marked] { (*marked)(); }, within, leaving);
  } catch (const plugin_error&) {
    told();
    throw;
  } catch (const std::exception& e) {
    told();
    refuse(e.what());
  } catch (...) {
    told();
    refuse("expected it to end, found something thrown that is no exception");
  }
  told();
  if (end == step_end::done) return;
  keep_for_good(std::move(keep));
  keep_for_good(marked);
  ++left_behind_;
  refuse(end == step_end::left ? std::string("expected it to end, found it running when the server was to stop")
                               : "expected it to end within " + duration_text(within) + ", found it still running");
}

}  // namespace stoa::runtime
