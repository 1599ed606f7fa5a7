#include "runtime/plugin/switches.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stoa::runtime {
namespace {

constexpr statement switched_off{"plugins.off", "select id from public.plugin_off"};

/// One answer of the store, waited for until the thread is to end.
struct answer {
  std::mutex guard;
  std::condition_variable_any came;
  std::optional<result<rows>> got;
};

void follow(std::stop_token ended, database& db, runtime_plugin_host& plugins, logger& log, milliseconds period) {
  std::mutex guard;
  std::condition_variable_any tick;
  std::unique_lock lock(guard);
  while (!tick.wait_for(lock, ended, period, [&] { return ended.stop_requested(); })) {
    auto asked = std::make_shared<answer>();
    db.run(lane::reads, switched_off, {}, [asked](result<rows> r) {
      const std::lock_guard mine{asked->guard};
      asked->got.emplace(std::move(r));
      asked->came.notify_all();
    });
    std::vector<std::string> off;
    {
      std::unique_lock waiting(asked->guard);
      if (!asked->came.wait(waiting, ended, [&] { return asked->got.has_value(); })) return;
      if (!*asked->got) continue;  // the database is away: they stay as they are
      for (const auto& r : **asked->got) off.push_back(r.text(0));
    }
    try {
      plugins.follow(off);
    } catch (const std::exception& e) {
      log.error("a plugin cannot be switched", {{"reason", e.what()}});
    }
  }
}

}  // namespace

plugin_switches::plugin_switches(database& db, runtime_plugin_host& plugins, logger& log, milliseconds period)
    : thread_([&db, &plugins, &log, period](std::stop_token ended) { follow(ended, db, plugins, log, period); }) {}

}  // namespace stoa::runtime
