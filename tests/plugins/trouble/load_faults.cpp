#include "load_faults.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace stoa_plugin::trouble {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

void crash() {
  volatile int* volatile nothing = nullptr;
  *nothing = 1;
}

void block() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, seconds{30}, [] { return false; });
  // Nobody waits any more, and the house of the test may be gone: nothing of it is touched.
  throw std::runtime_error("blocked for too long");
}

task<wire::nothing> nothing() { co_return wire::nothing{}; }

}  // namespace

void fail_at(const std::string& fault, const std::string& step) {
  if (fault == "throw_in_" + step) throw std::runtime_error("trouble in " + step);
  if (fault == "throw_number_in_" + step) throw 7;
  if (fault == "crash_in_" + step) crash();
  if (fault == "block_in_" + step) block();
}

void wire_load_faults(plugin_host& host, const std::string& fault) {
  const dialect learnflow("learnflow");
  const auto get = [&](const char* pattern, bool shadows = false) {
    host.routes(learnflow).get<wire::nothing, wire::nothing>(
        pattern, {.status = 204, .summary = "Another's place", .shadows = shadows},
        [](const request&, wire::nothing) { return nothing(); });
  };
  if (fault == "take_route") get("/courses/");
  if (fault == "shadow_route") get("/courses/categories/");
  if (fault == "shadow_route_openly") get("/courses/categories/", true);
  if (fault == "take_metric") host.metrics().count("stoa_http_requests_total", "Not what it is elsewhere").add(1000);
  if (fault == "split_metric")
    host.metrics().level("stoa_plugin_failures_total", "A gauge of that name", {{"own", "label"}}).set(-1);
  if (fault == "crash_in_subscription") {
    subscription s;
    s.name = "crashing";
    s.kinds = {"trouble.told"};
    s.handle = [](connection&, const std::vector<event>&) -> result<done> {
      crash();
      return done{};
    };
    host.subscribe(std::move(s));
  }
}

}  // namespace stoa_plugin::trouble
