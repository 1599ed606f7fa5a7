#include "runtime/plugin/instance.hpp"

#include <algorithm>
#include <utility>

#include "runtime/settings/section.hpp"

namespace stoa::runtime {

namespace {

std::vector<setting> schema_of(const plugin_entry& e) { return {e.settings, e.settings + e.settings_count}; }

const std::vector<raw_value>& section_of(const plugin_options& options, const std::string& id) {
  static const std::vector<raw_value> nothing;
  const auto found = options.sections.find(id);
  return found == options.sections.end() ? nothing : found->second;
}

std::string reason_of(const fault& f) {
  for (const auto& [name, value] : f.extra)
    if (name == "reason") return value;
  return f.code;
}

/// A request's stay in a plugin.
class visit {
 public:
  explicit visit(plugin_slot& slot) : slot_(slot) {}
  ~visit() { slot_.leave(); }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;

 private:
  plugin_slot& slot_;
};

/// A streamed answer's stay in a plugin: the plugin is not stopped while its producer runs. Members are let go from the
/// last to the first: what the producer holds is the instance's own code.
struct streaming {
  std::shared_ptr<plugin_slot> slot;
  std::unique_ptr<visit> here;
  std::shared_ptr<plugin_instance> instance;
  std::function<task<done>(std::shared_ptr<stream_writer>)> produce;
};

task<done> run_stream(std::shared_ptr<streaming> s, std::shared_ptr<stream_writer> to) {
  fault broken;
  try {
    auto running = s->produce(std::move(to));
    auto outcome = co_await as_result(std::move(running));
    if (outcome || outcome.refusal().kind != fault_kind::internal) co_return outcome;
    broken = std::move(outcome).refusal();
  } catch (...) {
    broken = detail::unexpected(std::current_exception());
  }
  s->slot->failed(broken);
  co_return broken;
}

task<reply> run_guarded(std::shared_ptr<plugin_slot> slot, dialect d, std::size_t index, const request& q) {
  auto admitted = slot->enter();
  if (!admitted) co_return std::move(admitted).refusal();
  auto here = std::make_unique<visit>(*slot);
  const auto instance = std::move(admitted).value();
  fault broken;
  try {
    auto running = instance->tables().at(d).all().at(index).run(q);
    auto outcome = co_await as_result(std::move(running));
    if (outcome && outcome->stream) {
      auto& stream = *outcome->stream;
      auto stay = std::make_shared<streaming>();
      stay->slot = slot;
      stay->here = std::move(here);
      stay->instance = instance;
      stay->produce = std::move(stream.produce);
      stream.produce = [stay](std::shared_ptr<stream_writer> to) { return run_stream(stay, std::move(to)); };
    }
    if (outcome || outcome.refusal().kind != fault_kind::internal) co_return outcome;
    broken = std::move(outcome).refusal();
  } catch (...) {
    broken = detail::unexpected(std::current_exception());
  }
  slot->failed(broken);
  co_return broken;
}

}  // namespace

std::string plugin_instance::url_of(const dialect& d, std::string_view pattern) const {
  const auto known = options_.dialects.find(d);
  if (known == options_.dialects.end()) throw std::logic_error("there is no dialect " + std::string(d.name()));
  const auto own = services_.public_url();
  return own.empty() ? own : own + known->second + std::string(pattern);
}

route_table& plugin_instance::routes(const dialect& d) {
  if (!options_.dialects.contains(d)) throw std::logic_error("there is no dialect " + std::string(d.name()));
  return tables_[d];
}

plugin_instance::plugin_instance(const plugin_services& services, const plugin_options& options, const manifest& m,
                                 const plugin_entry& entry)
    : services_(services),
      options_(options),
      manifest_(m),
      entry_(entry),
      log_(services.log_for(m.id)),
      database_(std::make_shared<named_database>(services.database, m.id)) {
  try {
    settings_ = make_section(m.id, section_of(options, m.id), schema_of(entry));
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

void plugin_instance::subscribe(subscription s) {
  s.name = manifest_.id + "." + s.name;
  subscriptions_.push_back(database_->named(std::move(s)));
}

void plugin_instance::watch(observer o) {
  o.name = manifest_.id + "." + o.name;
  observers_.push_back(std::move(o));
}

void plugin_instance::work_on(job_worker w) {
  if (!w.kind.starts_with(manifest_.id + "."))
    throw std::invalid_argument("jobs of the kind " + w.kind + " are another's: the name begins with " + manifest_.id +
                                ".");
  workers_.push_back(std::move(w));
}

void plugin_instance::every(std::string name, milliseconds period, std::function<task<done>()> work) {
  work_.push_back({std::move(name), period, std::move(work)});
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
  return services_.entities.host(manifest_.id, kind, database_, log_);
}

void plugin_instance::offer_all() {
  for (const auto& o : offers_) services_.offers.put(o.what, o.name, o.implementation);
}

void plugin_instance::withdraw_all() {
  for (const auto& o : offers_) services_.offers.take(o.what, o.name);
}

plugin_slot::plugin_slot(manifest m, const plugin_services& services, const plugin_options& options)
    : manifest_(std::move(m)),
      services_(services),
      options_(options),
      log_(services.log_for(manifest_.id)),
      failures_total_(services.meters.count("stoa_plugin_failures_total", "Unexpected failures inside a plugin",
                                            {{"plugin", manifest_.id}})) {}

plugin_state plugin_slot::state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

std::shared_ptr<plugin_instance> plugin_slot::current() const {
  const std::lock_guard lock{mutex_};
  return current_;
}

void plugin_slot::put(std::shared_ptr<plugin_instance> i, plugin_state s) {
  std::shared_ptr<plugin_instance> before;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  before = std::exchange(current_, std::move(i));
  state_ = s;
  failures_.clear();
}

void plugin_slot::set(plugin_state s) {
  const std::lock_guard lock{mutex_};
  state_ = s;
}

fault plugin_slot::refusal() const {
  fault f = plugin_unavailable();
  if (state_ == plugin_state::quarantined) {
    f.code = "PLUGIN_QUARANTINED";
    f.retry_after = seconds{60};
  }
  return f;
}

result<std::shared_ptr<plugin_instance>> plugin_slot::enter() {
  const std::lock_guard lock{mutex_};
  if (state_ != plugin_state::started || !current_) return refusal();
  ++visitors_;
  return current_;
}

void plugin_slot::leave() {
  const std::lock_guard lock{mutex_};
  if (--visitors_ == 0) left_.notify_all();
}

bool plugin_slot::quiet(milliseconds within) {
  std::unique_lock lock{mutex_};
  return left_.wait_for(lock, within, [&] { return visitors_ == 0; });
}

void plugin_slot::failed(const fault& why) {
  failures_total_.add();
  log_->error("a plugin failed", {{"plugin", manifest_.id}, {"reason", reason_of(why)}});
  {
    const auto now = services_.clock.now();
    const std::lock_guard lock{mutex_};
    failures_.push_back(now);
    while (failures_.front() + options_.failure_window < now) failures_.pop_front();
    if (failures_.size() < options_.failures || state_ != plugin_state::started) return;
    state_ = plugin_state::quarantined;
  }
  log_->error("plugin quarantined: its routes answer 503, its events wait", {{"plugin", manifest_.id}});
  if (on_quarantine) on_quarantine();
}

route plugin_slot::guarded(const dialect& d, std::size_t index) {
  route r = current()->tables().at(d).all().at(index);
  r.run = [self = shared_from_this(), d, index](const request& q) { return run_guarded(self, d, index, q); };
  return r;
}

}  // namespace stoa::runtime
