#include "runtime/entity/plugin_entities.hpp"

#include <future>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "runtime/entity/entities.hpp"

namespace stoa {

namespace {

/// In which name each command's functions keep a thread: those are a plugin's, and take nothing but what they decide
/// on.
class watched_commands {
 public:
  struct entry {
    std::shared_ptr<runtime::stall_watch> watch;
    runtime::work_ptr name;
  };
  void add(const hosted_command_type* c, entry e) {
    const std::lock_guard lock{mutex_};
    all_.insert_or_assign(c, std::move(e));
  }
  void remove(const hosted_command_type* c, const runtime::stall_watch* watch) {
    const std::lock_guard lock{mutex_};
    const auto known = all_.find(c);
    if (known != all_.end() && known->second.watch.get() == watch) all_.erase(known);
  }
  entry find(const hosted_command_type* c) const {
    const std::shared_lock lock{mutex_};
    const auto known = all_.find(c);
    return known == all_.end() ? entry{} : known->second;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<const hosted_command_type*, entry> all_;
};

watched_commands& watched() {
  static watched_commands all;
  return all;
}

/// A stay in a command's functions.
class command_stay {
 public:
  explicit command_stay(const hosted_command& told) : command_stay(watched().find(told.type)) {}

 private:
  explicit command_stay(watched_commands::entry e) : stay_(std::move(e.watch), std::move(e.name)) {}
  runtime::stall_watch::stay stay_;
};

}  // namespace

/// The kind of all kinds whose types only their plugin knows: what is asked of it is asked of the plugin's functions.
struct hosted_kind {
  using key = std::string;
  using state = hosted_state;
  using commands = command_list<hosted_command>;

  std::string plugin;
  const hosted_kind_type* type = nullptr;

  std::string own_name() const { return plugin + "." + type->name; }
  std::size_t own_queue() const { return type->queue; }
  std::vector<std::string> own_commands() const {
    std::vector<std::string> names;
    for (const auto* c : type->commands) names.push_back(c->name);
    return names;
  }
  void shown(const std::string& id, const std::shared_ptr<const hosted_state>& before,
             const std::shared_ptr<const hosted_state>& after) const {
    if (type->shown) type->shown(id, before.get(), after.get());
  }
};

bound_statement load(const hosted_kind& kind, const std::string& key) { return kind.type->load(key); }
result<hosted_state> read(const hosted_kind& kind, const std::string& key, const rows& found) {
  return kind.type->read(key, found);
}
std::optional<alarm<hosted_command>> alarm_of(const hosted_kind& kind, const hosted_state& now) {
  return kind.type->alarm_of ? kind.type->alarm_of(now) : std::nullopt;
}
result<outcome<hosted_state, hosted_reply>> decide(const hosted_state& now, const hosted_command& told,
                                                   const moment& m) {
  const command_stay here(told);
  return told.type->decide(now, told.told.get(), m);
}
bound_statement save(const hosted_state& before, const hosted_state& after, const hosted_command& told,
                     const moment& m) {
  const command_stay here(told);
  return told.type->save(before, after, told.told.get(), m);
}
void written(hosted_state& next, hosted_reply& reply, const hosted_command& told, const rows::row& first) {
  told.type->written(next, reply, told.told.get(), first);
}
std::optional<fault> refused(const hosted_command& told, const fault& f) {
  return told.type->refused(told.told.get(), f);
}

}  // namespace stoa

namespace stoa::runtime {

class plugin_entities::home final : public hosted_entities {
 public:
  home(const std::string& plugin, const hosted_kind_type& kind, const hosting_services& on, actor_system& actors,
       std::shared_ptr<database> db, std::shared_ptr<logger> log, std::shared_ptr<stall_watch> watch)
      : type_(kind),
        watch_(std::move(watch)),
        db_(std::move(db)),
        log_(std::move(log)),
        entities_(actors,
                  entity_options{*db_, on.time, *log_, on.mailbox, actors.ask_timeout(), on.events_written, &on.alarms,
                                 0, &on.meters},
                  hosted_kind{plugin, &kind}) {
    on.opened(entities_.home());
    if (!watch_) return;
    for (const auto* c : kind.commands) {
      const work_name name{plugin, "entity", kind.name + "." + c->name};
      watched().add(c, {watch_, std::make_shared<const work_name>(name)});
    }
  }
  ~home() override {
    for (const auto* c : type_.commands) watched().remove(c, watch_.get());
  }

  bool is(const hosted_kind_type& kind) const { return &type_ == &kind; }

  task<std::shared_ptr<const void>> get(std::string key) override {
    if (resting_) co_return plugin_unavailable();
    const auto found = co_await entities_.get(std::move(key));
    co_return std::shared_ptr<const void>(found->value);
  }
  std::shared_ptr<const void> peek(const std::string& key) const override {
    const auto found = entities_.peek(key);
    return found ? found->value : nullptr;
  }
  task<hosted_reply> ask(std::string key, hosted_command command) override {
    if (resting_) co_return plugin_unavailable();
    co_return co_await entities_.ask(std::move(key), std::move(command));
  }
  void made(const std::string& key) override { entities_.made(key); }
  void refresh(const std::string& key) override { entities_.refresh(key); }
  task<done> reload(std::string key) override {
    if (resting_) co_return plugin_unavailable();
    co_return co_await entities_.reload(std::move(key));
  }

  void rest() {
    resting_ = true;
    entities_.rest();
  }
  void resume() {
    entities_.resume();
    resting_ = false;
  }

 private:
  const hosted_kind_type& type_;
  const std::shared_ptr<stall_watch> watch_;
  const std::shared_ptr<database> db_;
  const std::shared_ptr<logger> log_;
  std::atomic<bool> resting_{false};
  entities<hosted_kind> entities_;
};

plugin_entities::plugin_entities(hosting_services services) : services_(std::move(services)) {}
plugin_entities::~plugin_entities() = default;

std::shared_ptr<hosted_entities> plugin_entities::host(const std::string& plugin, const hosted_kind_type& kind,
                                                       std::shared_ptr<database> db, std::shared_ptr<logger> log,
                                                       std::shared_ptr<stall_watch> watch) {
  const std::lock_guard lock{guard_};
  auto& known = homes_[{plugin, kind.name}];
  if (!known)
    known = std::make_shared<home>(plugin, kind, services_, actors_of(plugin), std::move(db), std::move(log),
                                   std::move(watch));
  if (!known->is(kind)) throw std::logic_error("two kinds of entity are called " + kind.name);
  return known;
}

actor_system& plugin_entities::actors_of(const std::string& plugin) {
  if (!services_.own_actors) return services_.actors;
  auto& own = systems_[plugin];
  if (!own) own = services_.own_actors(plugin);
  return *own;
}

bool plugin_entities::shutdown(milliseconds within) {
  const std::lock_guard lock{guard_};
  const auto until = std::chrono::steady_clock::now() + within;
  std::vector<std::pair<std::thread, std::future<void>>> ending;
  for (auto& [plugin, system] : systems_) {
    std::promise<void> over;
    auto ended = over.get_future();
    ending.emplace_back(std::thread([system, over = std::move(over)]() mutable {
                          system->shutdown();
                          over.set_value();
                        }),
                        std::move(ended));
  }
  bool all = true;
  for (auto& [thread, ended] : ending) {
    const bool in_time = ended.wait_until(until) == std::future_status::ready;
    all = all && in_time;
    if (in_time)
      thread.join();
    else
      thread.detach();
  }
  // What still decides needs what it stands on: the process is about to end.
  if (!all) new auto(homes_);
  systems_.clear();
  return all;
}

void plugin_entities::rest(const std::string& plugin) {
  const std::lock_guard lock{guard_};
  for (const auto& [name, home] : homes_)
    if (name.first == plugin) home->rest();
}

void plugin_entities::resume(const std::string& plugin) {
  const std::lock_guard lock{guard_};
  for (const auto& [name, home] : homes_)
    if (name.first == plugin) home->resume();
}

}  // namespace stoa::runtime
