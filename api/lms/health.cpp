#include <algorithm>

#include "api/lms/lms.hpp"

namespace stoa::lms {
namespace {

using api::area_parts;

struct alive_out {
  std::string status = "ok";
};
BOOST_DESCRIBE_STRUCT(alive_out, (), (status))

struct ready_out {
  std::string status = "ok";
  std::string database = "up";
  std::string redis = "up";  ///< the contract's word for its cache: here what is kept in memory of the catalogue
};
BOOST_DESCRIBE_STRUCT(ready_out, (), (status, database, redis))

task<alive_out> alive(const area_parts&, const request&) {
  alive_out out;
  co_return out;
}

task<ready_out> ready(const area_parts& a, const request&) {
  const auto missing = a.unready();
  if (missing.empty()) {
    ready_out out;
    co_return out;
  }
  std::string names;
  for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
  auto refused = fault::unavailable("Not ready: " + names);
  const auto state = [&](std::string_view part) {
    return std::count(missing.begin(), missing.end(), part) ? "down" : "up";
  };
  refused.extra.emplace_back("database", state("database"));
  refused.extra.emplace_back("redis", state("catalogue"));
  co_return refused;
}

}  // namespace

void add_health_routes(route_table& routes, const api::parts_ptr& parts) {
  auto at = routes.area("health", parts);
  at.get("/health", {.summary = "Whether the process lives", .unlimited = true}, alive);
  at.get("/ready", {.summary = "Whether requests can be served", .unlimited = true}, ready);
}

}  // namespace stoa::lms
