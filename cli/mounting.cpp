#include "cli/mounting.hpp"

#include "cli/composition.hpp"

namespace stoa::cli {

http::router_options routing(const runtime::settings& s) {
  http::router_options o;
  const std::pair<dialect, const std::vector<std::string>*> hosts[] = {
      {dialect::learnflow, &s.dialects.hosts.learnflow},
      {dialect::unpuzzle, &s.dialects.hosts.unpuzzle},
      {dialect::lms, &s.dialects.hosts.lms},
      {dialect::classic, &s.dialects.hosts.classic},
      {dialect::apranova, &s.dialects.hosts.apranova}};
  for (const auto& [d, names] : hosts)
    for (const auto& name : *names) o.hosts.push_back({name, d});
  o.order.clear();
  for (const auto& name : s.dialects.order)
    if (auto known = dialect_named(name)) o.order.push_back(*known);
  return o;
}

runtime::plugin_options plugging(const runtime::settings& s) {
  runtime::plugin_options o;
  o.dir = plugins_folder(s);
  o.disabled = s.plugins.disabled;
  o.sections = s.plugins.sections;
  o.production = s.server.production();
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
