#include "cli/mounting.hpp"

#include <stdexcept>

#include "cli/composition.hpp"

namespace stoa::cli {

runtime::plugin_options plugging(const runtime::settings& s) {
  runtime::plugin_options o;
  o.dir = plugins_folder(s);
  o.disabled = s.plugins.disabled;
  o.sections = s.plugins.sections;
  o.signatures = {s.plugins.trusted_keys, s.plugins.allow_unsigned};
  for (const auto& key : s.plugins.trusted_keys)
    if (!runtime::is_public_key(key))
      throw settings_error(
          "[plugins] trusted_keys: expected keys such as \"ed25519:\" and 64 hexadecimal digits, found \"" + key +
          "\"");
  o.points = s.points;
  o.start_deadline = s.plugins.start_deadline;
  o.migrate_deadline = s.plugins.migrate_deadline;
  o.stop_deadline = s.plugins.stop_deadline;
  o.drain = s.plugins.stop_deadline;
  o.grace = s.server.shutdown_grace;
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

namespace {

/// A plugin's routes of each dialect, by the contract's place.
using routes_of_plugin = std::vector<route_table>;

/// What is wrong with a plugin's routes beside those that are there; empty where nothing is.
std::string clash_of(const std::vector<api::contract>& contracts, const routes_of_plugin& routes,
                     const std::string& owner, const http::router& router) {
  for (std::size_t i = 0; i < contracts.size(); ++i)
    for (const auto& r : routes[i].all())
      if (auto why = router.clash(contracts[i].policy, r, owner); !why.empty()) return why;
  // Two of its own in one place, or types of one name in the documents, show when they are added.
  http::router trial{http::router_options{}};
  try {
    for (const auto& c : contracts) trial.add(c.policy, c.routes);
    for (std::size_t i = 0; i < contracts.size(); ++i) trial.add(contracts[i].policy, routes[i], owner);
  } catch (const std::logic_error& e) {
    return "expected routes that fit in, found " + std::string(e.what());
  }
  return {};
}

}  // namespace

void mount(const std::vector<api::contract>& contracts, runtime::runtime_plugin_host& plugins, http::router& router) {
  for (const auto& c : contracts) router.add(c.policy, c.routes);
  for (const auto& p : plugins.list()) {
    const auto owner = "the plugin " + p.id;
    routes_of_plugin own(contracts.size());
    bool any = false;
    for (std::size_t i = 0; i < contracts.size(); ++i)
      for (auto& r : plugins.routes(contracts[i].policy.dialect, p.id)) {
        own[i].all().push_back(std::move(r));
        any = true;
      }
    if (!any) continue;
    if (const auto why = clash_of(contracts, own, owner, router); !why.empty())
      plugins.refuse_routes(p.id, why);
    else
      for (std::size_t i = 0; i < contracts.size(); ++i) router.add(contracts[i].policy, own[i], owner);
  }
}

http::example_book examples_of(const dialect& d) {
  const auto folder = part_folder("api/examples");
  // Without a folder the name alone would be looked for wherever the command is called.
  if (folder.empty()) return {};
  return http::example_book::read(folder / (std::string(name_of(d)) + ".json"));
}

}  // namespace stoa::cli
