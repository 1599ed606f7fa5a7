#include "cli/mounting.hpp"

#include "cli/composition.hpp"

namespace stoa::cli {

runtime::plugin_options plugging(const runtime::settings& s) {
  runtime::plugin_options o;
  o.dir = plugins_folder(s);
  o.disabled = s.plugins.disabled;
  o.sections = s.plugins.sections;
  o.production = s.server.production();
  o.threads = static_cast<std::size_t>(s.plugins.threads);
  o.concurrency = static_cast<std::size_t>(s.plugins.concurrency);
  o.max_answer = static_cast<std::size_t>(s.plugins.max_answer.bytes);
  o.stall = s.plugins.stall_after;
  o.failures = static_cast<std::size_t>(s.plugins.breaker_failures);
  o.failure_pause = s.plugins.breaker_pause;
  for (const auto& d : api::descriptions()) o.dialects.emplace(d.name, d.prefix);
  return o;
}

void mount(const std::vector<api::contract>& contracts, const runtime::runtime_plugin_host& plugins,
           http::router& router) {
  for (const auto& c : contracts) router.add(c.policy, c.routes);
  for (const auto& c : contracts) {
    route_table added;
    for (auto& r : plugins.routes(c.policy.dialect)) added.all().push_back(std::move(r));
    router.add(c.policy, added);
  }
}

}  // namespace stoa::cli
