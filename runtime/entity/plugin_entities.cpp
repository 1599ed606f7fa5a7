#include "runtime/entity/plugin_entities.hpp"

#include <stdexcept>

#include "runtime/entity/entities.hpp"

namespace stoa {

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
  return told.type->decide(now, told.told.get(), m);
}
bound_statement save(const hosted_state& before, const hosted_state& after, const hosted_command& told,
                     const moment& m) {
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
  home(const std::string& plugin, const hosted_kind_type& kind, const hosting_services& on,
       std::shared_ptr<database> db, std::shared_ptr<logger> log)
      : type_(kind),
        db_(std::move(db)),
        log_(std::move(log)),
        entities_(on.actors,
                  entity_options{*db_, on.time, *log_, on.mailbox, on.actors.ask_timeout(), on.events_written,
                                 &on.alarms, 0, &on.meters},
                  hosted_kind{plugin, &kind}) {
    on.opened(entities_.home());
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
  const std::shared_ptr<database> db_;
  const std::shared_ptr<logger> log_;
  std::atomic<bool> resting_{false};
  entities<hosted_kind> entities_;
};

plugin_entities::plugin_entities(hosting_services services) : services_(std::move(services)) {}
plugin_entities::~plugin_entities() = default;

std::shared_ptr<hosted_entities> plugin_entities::host(const std::string& plugin, const hosted_kind_type& kind,
                                                       std::shared_ptr<database> db, std::shared_ptr<logger> log) {
  const std::lock_guard lock{guard_};
  auto& known = homes_[{plugin, kind.name}];
  if (!known) known = std::make_shared<home>(plugin, kind, services_, std::move(db), std::move(log));
  if (!known->is(kind)) throw std::logic_error("two kinds of entity are called " + kind.name);
  return known;
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
