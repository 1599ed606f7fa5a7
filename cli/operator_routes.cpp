#include "cli/operator_routes.hpp"

#include <memory>
#include <utility>

namespace stoa::cli {

namespace {

std::string readiness(const std::vector<std::string>& missing,
                      const std::vector<std::pair<std::string, std::string>>& set_aside) {
  if (missing.empty() && set_aside.empty()) return R"({"status":"ready"})";
  std::string text = missing.empty() ? R"({"status":"degraded")" : R"({"status":"unavailable","unavailable":[)";
  for (const auto& name : missing) text += (&name == &missing.front() ? "\"" : ",\"") + name + "\"";
  if (!missing.empty()) text += "]";
  if (!set_aside.empty()) text += R"(,"set_aside":[)";
  for (const auto& p : set_aside)
    text += std::string(&p == &set_aside.front() ? "" : ",") + R"({"plugin":")" + p.first + R"(","step":")" + p.second +
            R"("})";
  return text + (set_aside.empty() ? "}" : "]}");
}

}  // namespace

void add_health_routes(route_table& plain, health_state state) {
  auto alive = std::make_shared<const std::string>(R"({"status":"ok"})");
  plain.get<wire::nothing, reply>("/health", {.summary = "Whether the process lives"},
                                  [alive](const request&, wire::nothing) -> task<reply> {
                                    reply r;
                                    r.body.push_back({{}, alive});
                                    co_return r;
                                  });
  plain.get<wire::nothing, reply>("/ready", {.summary = "Whether requests can be served"},
                                  [state = std::move(state)](const request&, wire::nothing) -> task<reply> {
                                    const auto missing = state.unready();
                                    co_return reply::json_text(readiness(missing, state.degraded()),
                                                               missing.empty() ? 200 : 503);
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
