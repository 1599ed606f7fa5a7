// `/health`, `/ready` and `/metrics`: for operators and their tools, outside of all dialects.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::cli {

struct health_state {
  /// What is not ready, by name.
  std::function<std::vector<std::string>()> unready;
  /// Plugins without which the server runs, each with the step that it did not come through.
  std::function<std::vector<std::pair<std::string, std::string>>()> degraded;
};

/// `/health`: whether the process lives. `/ready`: 200 once nothing is unready, before that 503 with the names. A
/// server that is degraded is ready, and says so: which plugins are set aside. Why stands in the log and in `stoa
/// plugin status`, since anybody may ask here.
void add_health_routes(route_table& plain, health_state state);

/// `/metrics` in Prometheus' text format.
void add_metrics_route(route_table& plain, std::function<std::string()> render);

}  // namespace stoa::cli
