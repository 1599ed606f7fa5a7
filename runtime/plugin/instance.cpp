#include "runtime/plugin/instance.hpp"

#include <algorithm>
#include <utility>

#include "runtime/crash/marker.hpp"
#include "runtime/settings/section.hpp"
#include "stoa/crypto.hpp"

namespace stoa::runtime {

namespace {

std::vector<setting> schema_of(const plugin_entry& e) { return {e.settings, e.settings + e.settings_count}; }

/// The plugin's own keys of its section.
std::vector<raw_value> section_of(const plugin_options& options, const std::string& id) {
  std::vector<raw_value> own;
  const auto found = options.sections.find(id);
  if (found == options.sections.end()) return own;
  for (const auto& raw : found->second)
    if (!is_host_key(raw.key)) own.push_back(raw);
  return own;
}

/// One round of periodic work, unless its breaker is open. Whoever asked for it tells the breaker of a failure.
task<done> run_round(std::function<task<done>()> work, std::shared_ptr<breaker> gate, const stoa::clock& time) {
  if (gate->admit(time.now())) co_return done{};
  auto running = work();
  auto outcome = co_await as_result(std::move(running));
  if (outcome)
    gate->succeeded();
  else if (outcome.refusal().kind != fault_kind::internal)
    gate->neither();
  co_return outcome;
}

}  // namespace

std::string plugin_instance::url_of(const dialect& d, std::string_view pattern) const {
  const auto known = options_.dialects.find(d);
  if (known == options_.dialects.end()) throw std::logic_error("there is no dialect " + std::string(d.name()));
  const auto own = services_.public_url();
  return own.empty() ? own : own + known->second + std::string(pattern);
}

std::vector<std::string> plugin_instance::signing_keys(std::string_view purpose) const {
  if (!services_.master_keys) throw std::logic_error("this server has no keys to sign with");
  std::vector<std::string> keys;
  for (const auto& master : services_.master_keys()) {
    // No token begins like this, so that no text that was signed for one is a key.
    const auto derived = hmac_sha256(master, "plugin key\n" + manifest_.id + "\n" + std::string(purpose));
    keys.emplace_back(reinterpret_cast<const char*>(derived.data()), derived.size());
  }
  return keys;
}

route_table& plugin_instance::routes(const dialect& d) {
  if (!options_.dialects.contains(d)) throw std::logic_error("there is no dialect " + std::string(d.name()));
  return tables_[d];
}

plugin_instance::plugin_instance(const plugin_services& services, const plugin_options& options, const manifest& m,
                                 const plugin_entry& entry, std::shared_ptr<plugin_quarters> quarters)
    : services_(services),
      options_(options),
      manifest_(m),
      entry_(entry),
      log_(services.log_for(m.id)),
      quarters_(std::move(quarters)),
      database_(std::make_shared<named_database>(quarters_->sessions(), m.id)),
      meters_(services.meters, m.id) {
  try {
    settings_ = make_section(m.id, section_of(options, m.id), schema_of(entry));
    http_ = quarters_->outside(*settings_, log_);
  } catch (const settings_error& e) {
    throw plugin_error(m.subject(), "configure", e.what(), "Correct the setting.");
  }
  object_ = entry.create();
}

plugin_instance::~plugin_instance() {
  if (object_) entry_.destroy(object_);
}

void plugin_instance::step(const char* name, const std::function<void(plugin&)>& what) {
  try {
    what(*object_);
  } catch (const settings_error& e) {
    throw plugin_error(manifest_.subject(), name, e.what(), "Correct the setting.");
  } catch (const std::exception& e) {
    throw plugin_error(manifest_.subject(), name, e.what(),
                       "Ask the plugin's author, or disable " + manifest_.id + ".");
  }
}

void plugin_instance::subscribe(subscription s) { subscribe(awaiting_subscription{std::move(s), {}}); }

void plugin_instance::subscribe(awaiting_subscription s) {
  s.what.name = manifest_.id + "." + s.what.name;
  auto at = quarters_->place("subscription", s.what.name);
  subscriptions_.push_back({database_->named(std::move(s)), std::move(at)});
}

void plugin_instance::watch(observer o) {
  o.name = manifest_.id + "." + o.name;
  auto at = quarters_->plain_place("observer", o.name);
  observers_.push_back({std::move(o), std::move(at)});
}

void plugin_instance::work_on(job_worker w) {
  if (!w.kind.starts_with(manifest_.id + "."))
    throw std::invalid_argument("jobs of the kind " + w.kind + " are another's: the name begins with " + manifest_.id +
                                ".");
  auto at = quarters_->place("job", w.kind);
  workers_.push_back({std::move(w), std::move(at)});
}

void plugin_instance::every(std::string name, milliseconds period, std::function<task<done>()> work) {
  auto at = quarters_->place("work", name);
  auto round = [work = std::move(work), gate = at.gate, &time = services_.clock] {
    return run_round(work, gate, time);
  };
  work_.push_back({std::move(name), period, std::move(round), std::move(at)});
}

void plugin_instance::check_need(const interface_id& what) const {
  // Its own interfaces, those of plugins that it requires, and the areas that were checked when it was loaded.
  const auto wanted = what.area.str();
  const auto among = [](const std::vector<std::string>& all, std::string_view one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  if (what.area.name != manifest_.id && !among(manifest_.requires_ids, what.area.name) &&
      !among(manifest_.needs, wanted))
    throw registry_error(manifest_.id + " uses " + wanted + ", which is not among the `needs` of its plugin.toml");
}

void* plugin_instance::required(const interface_id& what) {
  check_need(what);
  return services_.offers.required(what);
}

std::shared_ptr<void> plugin_instance::found(const interface_id& what, const std::string& name) {
  check_need(what);
  return services_.offers.get(what, name);
}

void plugin_instance::offered(const interface_id& what, std::string name, std::shared_ptr<void> implementation) {
  check_need(what);
  offers_.push_back({what, std::move(name), std::move(implementation)});
}

std::shared_ptr<hosted_entities> plugin_instance::hosted(const hosted_kind_type& kind) {
  return services_.entities.host(manifest_.id, kind, database_, log_, quarters_->watch());
}

void plugin_instance::offer_all() {
  auto next = offers_.begin();
  try {
    for (; next != offers_.end(); ++next) services_.offers.put(next->what, next->name, next->implementation);
  } catch (...) {
    // What somebody else offers stays.
    while (next != offers_.begin()) {
      --next;
      services_.offers.take(next->what, next->name);
    }
    throw;
  }
}

void plugin_instance::withdraw_all() {
  for (const auto& o : offers_) services_.offers.take(o.what, o.name);
}

}  // namespace stoa::runtime
