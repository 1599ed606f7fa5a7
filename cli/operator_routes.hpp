// `/health`, `/ready` and `/metrics`: for operators and their tools, outside of all dialects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::cli {

/// `/health`: whether the process lives. `/ready`: 200 once nothing is unready, before that 503 with the names.
void add_health_routes(route_table& plain, std::function<std::vector<std::string>()> unready);

/// `/metrics` in Prometheus' text format.
void add_metrics_route(route_table& plain, std::function<std::string()> render);

}  // namespace stoa::cli
