#include "runtime/plugin/quarters.hpp"

#include <utility>

namespace stoa::runtime {

namespace {

std::shared_ptr<executor> threads_for(const plugin_options& o, std::shared_ptr<stall_watch> watch) {
  executor_options e;
  e.threads = o.threads;
  e.watch = std::move(watch);
  return executor::make(std::move(e));
}

std::shared_ptr<database> sessions_for(const plugin_services& s, const std::string& id) {
  if (s.sessions_for) return s.sessions_for(id);
  return {std::shared_ptr<database>(), &s.database};
}

/// The last one written.
std::optional<std::vector<std::string>> written_hosts(const plugin_options& o, const std::string& id) {
  const auto section = o.sections.find(id);
  if (section == o.sections.end()) return std::nullopt;
  std::optional<std::vector<std::string>> hosts;
  for (const auto& raw : section->second) {
    if (raw.key != "outbound") continue;
    auto read = convert(raw, value_kind::text_list);
    if (!read) throw bad_value(raw, "plugins." + id, "a list of hosts such as [\"api.example.org\"]", false);
    hosts = std::get<std::vector<std::string>>(std::move(*read));
  }
  return hosts;
}

/// What a setting says that is true or false; nothing where it is another one.
std::optional<bool> flag_of(const settings_view& section, const std::string& key) {
  try {
    return section.boolean(key);
  } catch (const settings_error&) {
    return std::nullopt;
  }
}

}  // namespace

/// `@*.issuer`: the hosts that this key names in whichever tables of the section were written.
void plugin_quarters::trust_tables(outbound_rules& rules, const settings_view& section, const std::string& key) const {
  const auto written = options_.sections.find(manifest_.id);
  if (written == options_.sections.end()) return;
  for (const auto& raw : written->second) {
    const auto table = raw.key.substr(0, raw.key.find_first_of(raw.plain_text ? "._" : "."));
    // From the environment it may be another key.
    if (!raw.key.substr(table.size()).ends_with(key.substr(1))) continue;
    if (auto host = host_of(section.text(table + key)); !host.empty()) rules.trusted.push_back(std::move(host));
  }
}

bool is_host_key(const std::string& key) { return key == "outbound"; }

plugin_quarters::plugin_quarters(const plugin_services& services, const plugin_options& options, const manifest& m,
                                 std::shared_ptr<stall_watch> watch)
    : services_(services),
      options_(options),
      manifest_(m),
      watch_(std::move(watch)),
      threads_(threads_for(options, watch_)),
      sessions_(sessions_for(services, m.id)) {}

plugin_quarters::~plugin_quarters() { stop(milliseconds{0}); }

workplace plugin_quarters::plain_place(const std::string& kind, const std::string& name) {
  workplace at;
  at.threads = threads_;
  at.sessions = sessions_;
  at.name = std::make_shared<const work_name>(work_name{manifest_.id, kind, name});
  at.watch = watch_;
  return at;
}

workplace plugin_quarters::place(const std::string& kind, const std::string& name) {
  auto at = plain_place(kind, name);
  const std::lock_guard lock{mutex_};
  auto& known = breakers_[{kind, name}];
  if (!known) {
    breaker_options o;
    o.failures = options_.failures;
    o.window = options_.failure_window;
    o.pause = options_.failure_pause;
    auto& level =
        services_.meters.level("stoa_plugin_breaker", "Breakers of a plugin's parts: 0 closed, 1 half open, 2 open",
                               {{"plugin", manifest_.id}, {"kind", kind}, {"name", name}});
    known = std::make_shared<breaker>(o, &level);
  }
  at.gate = known;
  return at;
}

stoa::offload& plugin_quarters::computing() {
  if (options_.threads == 0) return services_.computing;
  const std::lock_guard lock{mutex_};
  if (!computing_) computing_ = std::make_unique<offload_pool>(offload_settings{}, services_.post, services_.meters);
  return *computing_;
}

std::unique_ptr<http_client> plugin_quarters::outside(const settings_view& section, std::shared_ptr<logger> log) const {
  outbound_rules rules;
  bool may_be_private = false;
  rules.own = services_.public_url;
  if (auto hosts = written_hosts(options_, manifest_.id)) {
    rules.trusted = std::move(*hosts);
  } else {
    for (const auto& entry : manifest_.outbound) {
      if (!entry.starts_with('@'))
        rules.listed.push_back(entry);
      else if (entry.starts_with("@*."))
        trust_tables(rules, section, entry.substr(2));
      else if (const auto inside = flag_of(section, entry.substr(1)))
        may_be_private = may_be_private || *inside;
      else if (auto host = host_of(section.text(entry.substr(1))); !host.empty())
        rules.trusted.push_back(std::move(host));
    }
  }
  if (may_be_private) rules.trusted.insert(rules.trusted.end(), rules.listed.begin(), rules.listed.end());
  auto& refused = services_.meters.count("stoa_plugin_outbound_refused_total",
                                         "Calls of a plugin to hosts that it may not ask", {{"plugin", manifest_.id}});
  return std::make_unique<ruled_http_client>(services_.http, std::move(rules), std::move(log), refused);
}

std::vector<breaker_info> plugin_quarters::breakers() const {
  const std::lock_guard lock{mutex_};
  std::vector<breaker_info> all;
  for (const auto& [name, b] : breakers_) all.push_back({name.first, name.second, std::string(name_of(b->now()))});
  return all;
}

void plugin_quarters::reset_breakers() {
  const std::lock_guard lock{mutex_};
  for (const auto& [name, b] : breakers_) b->reset();
}

void plugin_quarters::stop(milliseconds within) {
  threads_->stop(within);
  const std::lock_guard lock{mutex_};
  computing_.reset();
}

}  // namespace stoa::runtime
