#include "runtime/plugin/host.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <utility>

#include "runtime/plugin/admission.hpp"
#include "runtime/plugin/instance.hpp"
#include "runtime/plugin/library.hpp"
#include "runtime/plugin/points.hpp"
#include "runtime/plugin/steps.hpp"

namespace stoa::runtime {

namespace {

bool listed(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string point_of(const interface_id& what) { return what.area.str() + "/" + std::string(what.name); }

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

struct runtime_plugin_host::impl {
  impl(plugin_services s, plugin_options o)
      : services(std::move(s)),
        demanded(take_required(o.sections)),
        options(std::move(o)),
        log(services.log_for("host")),
        watch(std::make_shared<stall_watch>(stall_options{options.stall, log.get(), &services.meters})),
        lives(services.meters, log, services.clock),
        steps(lives, options.journal, options.leaving),
        timers(services.post) {}
  ~impl() {
    // The router may keep routes and with them slots; the plugins themselves go now, while what they use is there.
    end_threads();
    for (auto s = slots.rbegin(); s != slots.rend(); ++s) (*s)->put(nullptr, plugin_state::stopped);
  }

  void end_threads() {
    for (auto s = slots.rbegin(); s != slots.rend(); ++s) (*s)->quarters()->stop(seconds{1});
    watch->close();
  }

  bool is_required(const manifest& m) const {
    const auto said = demanded.find(m.id);
    return said == demanded.end() ? m.required : said->second;
  }

  void load() {
    std::vector<manifest> wanted;
    for (auto& m : discover(options.dir)) {
      lives.add(m.id, m.version, m.dir, is_required(m));
      if (listed(options.disabled, m.id)) {
        lives.enter(m.id, plugin_state::disabled);
        off.push_back(std::move(m));
      } else {
        wanted.push_back(std::move(m));
      }
    }
    if (!std::filesystem::is_directory(options.dir))
      log->warn("there is no folder of plugins", {{"dir", options.dir.string()}});
    for (const auto& [id, values] : options.sections)
      if (!values.empty() && !lives.find(id))
        throw plugin_error(id, "configure",
                           values.front().where + ": [plugins." + id + "] is for no plugin in " + options.dir.string(),
                           "Correct the name, install the plugin, or remove the section.");
    auto plan = in_order_of_need(std::move(wanted));
    for (const auto& [m, why] : plan.left) set_aside(m, why);
    for (auto& m : plan.ordered) slots.push_back(std::make_shared<plugin_slot>(std::move(m), services, options, watch));
    each([this](plugin_slot& s) { check(s.what()); });
    each([this](plugin_slot& s) { open(s); });
    std::map<std::string, std::shared_ptr<plugin_instance>> fresh;
    each([&](plugin_slot& s) { fresh[s.what().id] = configured(s); });
    std::map<std::string, plugin_error> unmigrated;
    each([&](plugin_slot& s) {
      try {
        migrate(s);
      } catch (const plugin_error& e) {
        if (is_required(s.what())) throw;
        unmigrated.emplace(s.what().id, e);  // its routes are to be known
      }
    });
    each([&](plugin_slot& s) {
      const auto& instance = fresh.at(s.what().id);
      instance->take_role(s.role);
      s.put(instance, plugin_state::set_aside);
      wire(s, instance);
      if (const auto found = unmigrated.find(s.what().id); found != unmigrated.end()) throw found->second;
      s.set(plugin_state::wired);
      lives.enter(s.what().id, plugin_state::wired);
    });
    choose_points();
  }

  /// Who offers what to others, where several could.
  void choose_points() {
    std::vector<point_provider> providers;
    std::vector<std::string> installed;
    for (const auto& p : lives.all()) installed.push_back(p.id);
    for (const auto& slot : slots)
      if (const auto i = slot->current(); i && slot->state() == plugin_state::wired)
        for (const auto& o : i->offers()) providers.push_back({point_of(o.what), o.name, slot->what().id});
    choice = choose_providers(providers, options.points, installed);
    if (!choice.wrong.empty()) throw settings_error(choice.wrong.front());
    each([this](plugin_slot& s) {
      const auto why = choice.refused.find(s.what().id);
      if (why != choice.refused.end())
        throw plugin_error(s.what().subject(), "wire", why->second, "Choose one, or disable the other");
      drop_unused(*s.current(), s.what().id);
    });
  }

  void drop_unused(plugin_instance& i, const std::string& id) const {
    std::erase_if(i.offers(), [&](const auto& o) {
      return std::find(choice.unused.begin(), choice.unused.end(), point_provider{point_of(o.what), o.name, id}) !=
             choice.unused.end();
    });
  }

  /// Does something for each plugin that is still to come into service; one that does not come through is set aside,
  /// and with it those behind it that require it.
  void each(const std::function<void(plugin_slot&)>& what) {
    for (const auto& slot : slots) {
      const auto& m = slot->what();
      if (lives.trouble_of(m.id)) continue;
      try {
        for (const auto& id : m.requires_ids)
          if (const auto why = lives.trouble_of(id))
            throw plugin_error(m.subject(), why->step,
                               "expected the plugin " + id + ", which it requires, found that it is set aside",
                               "Mend or disable " + id + ".");
        what(*slot);
      } catch (const plugin_error& e) {
        slot->set(plugin_state::set_aside);
        services.entities.rest(m.id);
        set_aside(m, e);
      }
    }
  }

  void set_aside(const manifest& m, const plugin_error& why) {
    if (is_required(m) && !running) throw why;
    lives.set_aside(m.id, {why.step(), why.what()});
  }

  /// All that can be told before its code runs.
  void check(const manifest& m) {
    if (const auto why = kept_out(m, options.journal.get(), services.clock.now())) throw plugin_error(*why);
    const auto began = std::chrono::steady_clock::now();
    verify(m);
    check_signature(m, options.signatures);
    lives.step(m.id, "verify", std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - began));
  }

  void open(plugin_slot& slot) {
    steps.run(slot.what(), "open", options.start_deadline, slot.shared_from_this(),
              [&slot] { slot.entry = &open_library(slot.what()); });
  }

  std::shared_ptr<plugin_instance> configured(plugin_slot& slot) {
    const auto made = std::make_shared<std::shared_ptr<plugin_instance>>();
    steps.run(slot.what(), "configure", options.start_deadline, slot.shared_from_this(), [this, made, &slot] {
      *made = std::make_shared<plugin_instance>(services, options, slot.what(), *slot.entry, slot.quarters());
      (*made)->step("configure", [&](plugin& p) { p.configure(**made); });
    });
    return *made;
  }

  /// The plugin's schema, the role in which it works from now on, and what the database says of its statements.
  void migrate(plugin_slot& slot) {
    const auto& m = slot.what();
    steps.run(m, "migrate", options.migrate_deadline, slot.shared_from_this(), [this, &slot, &m] {
      try {
        slot.role = services.migrate(m.id, m.migrations());
      } catch (const std::exception& e) {
        throw plugin_error(m.subject(), "migrate", e.what(), "Install the plugin's own migrations unchanged.");
      }
    });
    if (!services.look_at) return;
    steps.run(m, "statements", options.migrate_deadline, slot.shared_from_this(), [this, &slot, &m] {
      try {
        services.look_at(slot.role, statements_of(*slot.entry));
      } catch (const std::exception& e) {
        throw plugin_error(m.subject(), "statements", e.what(),
                           "Correct the statement, or the migration that should have made what it names.");
      }
    });
  }

  void wire(plugin_slot& slot, const std::shared_ptr<plugin_instance>& i) {
    steps.run(slot.what(), "wire", options.start_deadline, i, [i] { i->step("wire", [&](plugin& p) { p.wire(*i); }); });
  }

  void start(plugin_slot& slot) {
    const auto i = slot.current();
    services.entities.resume(slot.what().id);
    try {
      i->offer_all();
    } catch (const registry_error& e) {
      throw plugin_error(slot.what().subject(), "start", e.what(), "Disable one of those that offer it.");
    }
    try {
      steps.run(slot.what(), "start", options.start_deadline, i,
                [i] { i->step("start", [](plugin& p) { p.start(); }); });
    } catch (...) {
      i->withdraw_all();
      throw;
    }
    slot.set(plugin_state::started);
    lives.enter(slot.what().id, plugin_state::started);
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

  /// Waits until every subscription of theirs has the place from which it hears: what is committed after that is told,
  /// whatever becomes of this process. One that has none by then is named; the server does not wait for it.
  void wait_for_places(const std::vector<std::shared_ptr<plugin_slot>>& of) const {
    const auto until = std::chrono::steady_clock::now() + options.start_deadline;
    for (const auto& slot : of) {
      if (slot->state() != plugin_state::started) continue;
      for (const auto& s : slot->current()->subscriptions()) {
        const auto& name = s.what.what.name;
        bool there = services.events.placed(name, milliseconds{0});
        while (!there && !options.leaving.stop_requested() && std::chrono::steady_clock::now() < until)
          there = services.events.placed(name, milliseconds{50});
        if (!there) log->warn("a subscription has no place yet from which it hears", {{"subscription", name}});
      }
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

  void stop(plugin_slot& slot, plugin_state then, std::chrono::steady_clock::time_point until) {
    const auto was = slot.state();
    if (was != plugin_state::started) return;
    const auto& m = slot.what();
    const auto at_most = [&](milliseconds wanted) {
      const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
      return std::clamp(left, milliseconds{0}, wanted);
    };
    slot.set(plugin_state::draining);
    lives.enter(m.id, plugin_state::draining);
    const auto i = slot.current();
    i->withdraw_all();
    const auto attempt = [&](const char* name, void (plugin::*what)()) {
      try {
        steps.run_at_end(m, name, at_most(options.stop_deadline), i,
                         [i, name, what] { i->step(name, [&](plugin& p) { (p.*what)(); }); });
      } catch (const plugin_error& e) {
        log->error("plugin does not " + std::string(name), {{"error", e.what()}});
      }
    };
    const auto behind = steps.left_behind();
    attempt("drain", &plugin::drain);
    bool quiet = rest(slot, at_most(options.drain));
    quiet = slot.quiet(at_most(options.drain)) && quiet;
    if (!quiet) log->warn("plugin stopped while it still works", {{"plugin", m.id}});
    // Calls come one after another: what still drains is not stopped.
    if (steps.left_behind() == behind) attempt("stop", &plugin::stop);
    slot.set(then);
    lives.enter(m.id, then);
  }

  bool enable(plugin_slot& slot) {
    if (slot.state() == plugin_state::started) return false;
    const auto before = slot.current();
    if (!before || misplaced.contains(slot.what().id))
      throw plugin_error(slot.what().subject(), "open", "expected a plugin that was loaded with the server, found none",
                         "Start the server again.");
    if (slot.state() == plugin_state::set_aside) migrate(slot);
    auto i = configured(slot);
    i->take_role(slot.role);
    wire(slot, i);
    drop_unused(*i, slot.what().id);
    if (!same_routes(*before, *i))
      throw plugin_error(slot.what().subject(), "wire", "expected the routes of its last instance, found others",
                         "Start the server again.");
    slot.put(i, plugin_state::wired);
    start(slot);
    wait_for_places({slot.shared_from_this()});
    return true;
  }

  /// `enable` for whoever cannot be told: what does not come is set aside.
  void try_enable(plugin_slot& slot) {
    try {
      enable(slot);
    } catch (const plugin_error& e) {
      slot.set(plugin_state::set_aside);
      set_aside(slot.what(), e);
      throw;
    }
  }

  std::chrono::steady_clock::time_point soon() const { return std::chrono::steady_clock::now() + options.grace; }

  bool disable(const std::string& id) {
    const auto slot = find(id);
    if (!slot) return false;
    const auto was = slot->state();
    if (was == plugin_state::set_aside) {
      slot->set(plugin_state::disabled);
      lives.enter(id, plugin_state::disabled);
      return true;
    }
    if (was != plugin_state::started) return false;
    stop(*slot, plugin_state::disabled, soon());
    return true;
  }

  std::shared_ptr<plugin_slot> find(const std::string& id) const {
    for (const auto& s : slots)
      if (s->what().id == id) return s;
    return nullptr;
  }

  const plugin_services services;
  const std::map<std::string, bool> demanded;  // what the settings say of being required
  const plugin_options options;
  const std::shared_ptr<stoa::logger> log;
  const std::shared_ptr<stall_watch> watch;
  plugin_lives lives;
  plugin_steps steps;
  std::vector<manifest> off;
  std::vector<std::shared_ptr<plugin_slot>> slots;  // in the order of their need
  point_choice choice;
  std::set<std::string> misplaced;  // whose routes have no place in this server
  std::mutex control;               // held by whoever takes plugins out and puts them back
  bool running = false;             // the server has started: nothing stops it any more
  schedule timers;
};

runtime_plugin_host::runtime_plugin_host(plugin_services services, plugin_options options)
    : impl_(std::make_unique<impl>(std::move(services), std::move(options))) {}

runtime_plugin_host::~runtime_plugin_host() {
  stop();
  if (!stuck()) return;
  // What still runs in a plugin refers to all of this.
  impl_->end_threads();
  static_cast<void>(impl_.release());
}

void runtime_plugin_host::load() { impl_->load(); }

void runtime_plugin_host::start() {
  const std::lock_guard lock{impl_->control};
  impl_->each([this](plugin_slot& s) { impl_->start(s); });
  impl_->wait_for_places(impl_->slots);
  impl_->running = true;
}

void runtime_plugin_host::stop() {
  const std::lock_guard lock{impl_->control};
  const auto until = impl_->soon();
  for (auto s = impl_->slots.rbegin(); s != impl_->slots.rend(); ++s) impl_->stop(**s, plugin_state::stopped, until);
  impl_->timers.stop();
}

std::vector<route> runtime_plugin_host::routes(const dialect& d) const {
  std::vector<route> all;
  for (const auto& slot : impl_->slots)
    for (auto& r : routes(d, slot->what().id)) all.push_back(std::move(r));
  return all;
}

std::vector<route> runtime_plugin_host::routes(const dialect& d, const std::string& id) const {
  std::vector<route> all;
  const auto slot = impl_->find(id);
  const auto i = slot ? slot->current() : nullptr;
  if (!i) return all;
  const auto table = i->tables().find(d);
  if (table == i->tables().end()) return all;
  for (std::size_t n = 0; n < table->second.all().size(); ++n) all.push_back(slot->guarded(d, n));
  return all;
}

void runtime_plugin_host::refuse_routes(const std::string& id, const std::string& why) {
  const auto slot = impl_->find(id);
  const plugin_error error(slot->what().subject(), "wire", why,
                           "Move the plugin's route, or say in its options that it shadows the other one");
  slot->set(plugin_state::set_aside);
  impl_->misplaced.insert(id);
  impl_->services.entities.rest(id);
  impl_->set_aside(slot->what(), error);
}

bool runtime_plugin_host::disable(const std::string& id) {
  const std::lock_guard lock{impl_->control};
  return impl_->disable(id);
}

bool runtime_plugin_host::enable(const std::string& id) {
  const std::lock_guard lock{impl_->control};
  const auto slot = impl_->find(id);
  return slot && impl_->enable(*slot);
}

void runtime_plugin_host::follow(const std::vector<std::string>& off) {
  const std::lock_guard lock{impl_->control};
  for (const auto& slot : impl_->slots) {
    const auto& id = slot->what().id;
    if (listed(off, id)) {
      impl_->disable(id);
    } else if (slot->state() == plugin_state::disabled) {
      try {
        impl_->try_enable(*slot);
      } catch (const plugin_error&) {
        continue;  // it was told
      }
    }
  }
}

std::string runtime_plugin_host::reset(const std::string& id) {
  const std::lock_guard lock{impl_->control};
  const auto slot = impl_->find(id);
  const auto known = impl_->lives.find(id);
  if (!known) throw registry_error("there is no plugin " + id);
  const auto crashes = impl_->options.journal ? impl_->options.journal->forget(id) : 0;
  const std::string forgotten =
      crashes == 0 ? id : std::to_string(crashes) + " crashes of " + id + " are forgotten; it";
  if (!slot || known->state == plugin_state::disabled) return forgotten + " is switched off, and stays so";
  slot->quarters()->reset_breakers();
  if (slot->state() != plugin_state::set_aside) return forgotten + " is " + std::string(name_of(slot->state()));
  if (!slot->current() || impl_->misplaced.contains(id)) return forgotten + " is taken in at the server's next start";
  impl_->try_enable(*slot);
  return forgotten + " is in service again";
}

std::vector<plugin_info> runtime_plugin_host::list() const {
  auto all = impl_->lives.all();
  for (auto& p : all) {
    const auto slot = impl_->find(p.id);
    if (!slot) continue;
    p.breakers = slot->quarters()->breakers();
    if (const auto i = slot->current())
      for (const auto& s : i->subscriptions()) p.subscriptions.push_back(s.what.what.name);
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> runtime_plugin_host::degraded() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& p : impl_->lives.all())
    if (p.trouble) out.emplace_back(p.id, p.trouble->step);
  return out;
}

bool runtime_plugin_host::stuck() const { return impl_ && impl_->steps.left_behind() > 0; }

}  // namespace stoa::runtime
