#include "runtime/plugin/host.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/library.hpp"

namespace stoa::runtime {

namespace {

bool listed(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool same_routes(const plugin_instance& a, const plugin_instance& b) {
  const auto shape = [](const plugin_instance& i) {
    std::vector<std::string> all;
    for (const auto& [d, table] : i.tables())
      for (const auto& r : table.all())
        all.push_back(std::string(name_of(d)) + " " + std::string(name_of(r.verb)) + " " + r.pattern);
    return all;
  };
  return shape(a) == shape(b);
}

}  // namespace

std::string_view name_of(plugin_state s) noexcept {
  switch (s) {
    case plugin_state::found:
      return "found";
    case plugin_state::disabled:
      return "disabled";
    case plugin_state::wired:
      return "wired";
    case plugin_state::started:
      return "started";
    case plugin_state::draining:
      return "draining";
    case plugin_state::stopped:
      return "stopped";
    case plugin_state::quarantined:
      return "quarantined";
  }
  return "";
}

std::vector<plugin_info> list_plugins(const plugin_options& options) {
  std::vector<plugin_info> all;
  for (const auto& m : discover(options.dir))
    all.push_back(
        {m.id, m.version, listed(options.disabled, m.id) ? plugin_state::disabled : plugin_state::found, m.dir});
  return all;
}

struct runtime_plugin_host::impl {
  impl(plugin_services s, plugin_options o)
      : services(std::move(s)),
        options(std::move(o)),
        log(services.log_for("host")),
        watch(std::make_shared<stall_watch>(stall_options{options.stall, log.get(), &services.meters})),
        timers(services.post) {}
  ~impl() {
    // The router may keep routes and with them slots; the plugins themselves go now, while what they use is there.
    for (auto s = slots.rbegin(); s != slots.rend(); ++s) {
      (*s)->quarters()->stop(seconds{1});
      (*s)->put(nullptr, plugin_state::stopped);
    }
    watch->close();
  }

  void load() {
    std::vector<manifest> wanted;
    for (auto& m : discover(options.dir)) {
      if (listed(options.disabled, m.id))
        off.push_back(std::move(m));
      else
        wanted.push_back(std::move(m));
    }
    if (!std::filesystem::is_directory(options.dir))
      log->warn("there is no folder of plugins", {{"dir", options.dir.string()}});
    const auto known = [&](const std::string& id) {
      const auto same = [&](const manifest& m) { return m.id == id; };
      return std::any_of(wanted.begin(), wanted.end(), same) || std::any_of(off.begin(), off.end(), same);
    };
    for (const auto& [id, values] : options.sections)
      if (!values.empty() && !known(id))
        throw plugin_error(id, "configure",
                           values.front().where + ": [plugins." + id + "] is for no plugin in " + options.dir.string(),
                           "Correct the name, install the plugin, or remove the section.");
    wanted = in_order_of_need(std::move(wanted));
    for (const auto& m : wanted) verify(m);
    for (auto& m : wanted) {
      auto slot = std::make_shared<plugin_slot>(std::move(m), services, options, watch);
      slot->entry = &open_library(slot->what());
      slots.push_back(std::move(slot));
    }
    std::vector<std::shared_ptr<plugin_instance>> fresh;
    for (const auto& slot : slots) fresh.push_back(configured(*slot));
    for (const auto& slot : slots) migrate(*slot);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      fresh[i]->take_role(slots[i]->role);
      wire(*fresh[i]);
      slots[i]->put(fresh[i], plugin_state::wired);
      log->info("plugin loaded", {{"plugin", slots[i]->what().id}, {"version", slots[i]->what().version}});
    }
  }

  std::shared_ptr<plugin_instance> configured(const plugin_slot& slot) {
    auto i = std::make_shared<plugin_instance>(services, options, slot.what(), *slot.entry, slot.quarters());
    i->step("configure", [&](plugin& p) { p.configure(*i); });
    return i;
  }

  /// The plugin's schema, and the role in which it works from now on.
  void migrate(plugin_slot& slot) {
    const auto& m = slot.what();
    try {
      slot.role = services.migrate(m.id, m.migrations());
    } catch (const std::exception& e) {
      throw plugin_error(m.subject(), "migrate", e.what(), "Install the plugin's own migrations unchanged.");
    }
  }

  void wire(plugin_instance& i) {
    i.step("wire", [&](plugin& p) { p.wire(i); });
  }

  void start(plugin_slot& slot) {
    const auto i = slot.current();
    services.entities.resume(slot.what().id);
    i->offer_all();
    i->step("start", [](plugin& p) { p.start(); });
    slot.set(plugin_state::started);
    for (const auto& s : i->subscriptions()) {
      services.events.add(s.what, s.at);
      services.events.resume(s.what.what.name);
    }
    for (const auto& o : i->observers()) services.events.watch(o.what, o.at);
    for (const auto& w : i->workers()) services.jobs.add(w.what, w.at);
    for (const auto& w : i->work()) {
      const auto failed = [keep = slot.weak_from_this(), at = w.at](const fault& f) {
        const auto s = keep.lock();
        // That the database is away is nobody's failure here.
        if (s && f.kind == fault_kind::internal) s->failed(at, f);
      };
      timers.add(slot.what().id, w.period, w.work, failed, w.at);
    }
  }

  /// Events, work and entities pause. True when none of either runs any more.
  bool rest(const plugin_slot& slot, milliseconds within) {
    bool all = timers.remove(slot.what().id, within);
    for (const auto& s : slot.current()->subscriptions()) all = services.events.pause(s.what.what.name, within) && all;
    for (const auto& w : slot.current()->workers()) all = services.jobs.remove(w.what.kind, within) && all;
    for (const auto& o : slot.current()->observers()) all = services.events.forget(o.what.name, within) && all;
    services.entities.rest(slot.what().id);
    return all;
  }

  void stop(plugin_slot& slot, plugin_state then) {
    const auto was = slot.state();
    if (was != plugin_state::started && was != plugin_state::quarantined) return;
    slot.set(plugin_state::draining);
    const auto i = slot.current();
    i->withdraw_all();
    bool quiet = true;
    try {
      i->step("drain", [](plugin& p) { p.drain(); });
    } catch (const plugin_error& e) {
      log->error("plugin does not drain", {{"error", e.what()}});
    }
    quiet = rest(slot, options.drain) && quiet;
    quiet = slot.quiet(options.drain) && quiet;
    if (!quiet) log->warn("plugin stopped while it still works", {{"plugin", slot.what().id}});
    try {
      i->step("stop", [](plugin& p) { p.stop(); });
    } catch (const plugin_error& e) {
      log->error("plugin does not stop", {{"error", e.what()}});
    }
    slot.set(then);
  }

  bool enable(plugin_slot& slot) {
    if (slot.state() == plugin_state::started) return false;
    if (slot.state() == plugin_state::quarantined) stop(slot, plugin_state::stopped);
    const auto before = slot.current();
    auto i = configured(slot);
    i->take_role(slot.role);
    wire(*i);
    if (!same_routes(*before, *i))
      throw plugin_error(slot.what().subject(), "wire", "expected the routes of its last instance, found others",
                         "Start the server again.");
    slot.put(i, plugin_state::wired);
    start(slot);
    return true;
  }

  std::shared_ptr<plugin_slot> find(const std::string& id) const {
    for (const auto& s : slots)
      if (s->what().id == id) return s;
    return nullptr;
  }

  const plugin_services services;
  const plugin_options options;
  const std::shared_ptr<stoa::logger> log;
  std::vector<manifest> off;
  std::vector<std::shared_ptr<plugin_slot>> slots;  // in the order of their need
  std::set<std::string> gave_up;                    // to switch on again
  const std::shared_ptr<stall_watch> watch;
  schedule timers;
};

runtime_plugin_host::runtime_plugin_host(plugin_services services, plugin_options options)
    : impl_(std::make_unique<impl>(std::move(services), std::move(options))) {}

runtime_plugin_host::~runtime_plugin_host() { stop(); }

void runtime_plugin_host::load() { impl_->load(); }

void runtime_plugin_host::start() {
  for (const auto& s : impl_->slots) impl_->start(*s);
}

void runtime_plugin_host::stop() {
  for (auto s = impl_->slots.rbegin(); s != impl_->slots.rend(); ++s) impl_->stop(**s, plugin_state::stopped);
  impl_->timers.stop();
}

std::vector<route> runtime_plugin_host::routes(const dialect& d) const {
  std::vector<route> all;
  for (const auto& slot : impl_->slots) {
    const auto i = slot->current();
    const auto table = i->tables().find(d);
    if (table == i->tables().end()) continue;
    for (std::size_t n = 0; n < table->second.all().size(); ++n) all.push_back(slot->guarded(d, n));
  }
  return all;
}

bool runtime_plugin_host::disable(const std::string& id) {
  const auto slot = impl_->find(id);
  if (!slot || (slot->state() != plugin_state::started && slot->state() != plugin_state::quarantined)) return false;
  impl_->stop(*slot, plugin_state::disabled);
  return true;
}

bool runtime_plugin_host::enable(const std::string& id) {
  const auto slot = impl_->find(id);
  return slot && impl_->enable(*slot);
}

void runtime_plugin_host::follow(const std::vector<std::string>& off) {
  for (const auto& slot : impl_->slots) {
    const auto& id = slot->what().id;
    if (listed(off, id)) {
      impl_->gave_up.erase(id);
      if (disable(id)) impl_->log->info("plugin switched off", {{"plugin", id}});
    } else if (slot->state() == plugin_state::disabled && !impl_->gave_up.contains(id)) {
      impl_->gave_up.insert(id);
      impl_->enable(*slot);
      impl_->gave_up.erase(id);
      impl_->log->info("plugin switched on", {{"plugin", id}});
    }
  }
}

std::vector<plugin_info> runtime_plugin_host::list() const {
  std::vector<plugin_info> all;
  for (const auto& s : impl_->slots) all.push_back({s->what().id, s->what().version, s->state(), s->what().dir});
  for (const auto& m : impl_->off) all.push_back({m.id, m.version, plugin_state::disabled, m.dir});
  std::sort(all.begin(), all.end(), [](const plugin_info& a, const plugin_info& b) { return a.id.compare(b.id) < 0; });
  return all;
}

}  // namespace stoa::runtime
