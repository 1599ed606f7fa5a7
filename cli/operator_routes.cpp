#include "cli/operator_routes.hpp"

#include <memory>
#include <utility>

namespace stoa::cli {

namespace {

std::string readiness(const std::vector<std::string>& missing) {
  if (missing.empty()) return R"({"status":"ready"})";
  std::string names;
  for (const auto& name : missing) names += (names.empty() ? "\"" : ",\"") + name + "\"";
  return R"({"status":"unavailable","unavailable":[)" + names + "]}";
}

}  // namespace

void add_health_routes(route_table& plain, std::function<std::vector<std::string>()> unready) {
  auto alive = std::make_shared<const std::string>(R"({"status":"ok"})");
  plain.get<wire::nothing, reply>("/health", {.summary = "Whether the process lives"},
                                  [alive](const request&, wire::nothing) -> task<reply> {
                                    reply r;
                                    r.body.push_back({{}, alive});
                                    co_return r;
                                  });
  plain.get<wire::nothing, reply>("/ready", {.summary = "Whether requests can be served"},
                                  [unready = std::move(unready)](const request&, wire::nothing) -> task<reply> {
                                    const auto missing = unready();
                                    co_return reply::json_text(readiness(missing), missing.empty() ? 200 : 503);
                                  });
}

void add_metrics_route(route_table& plain, std::function<std::string()> render) {
  plain.get<wire::nothing, reply>("/metrics", {.summary = "Prometheus' text format"},
                                  [render = std::move(render)](const request&, wire::nothing) -> task<reply> {
                                    reply r = reply::json_text(render());
                                    r.content_type = "text/plain; version=0.0.4; charset=utf-8";
                                    co_return r;
                                  });
}

}  // namespace stoa::cli
