// Entities of a plugin: described like the core's (stoa/entities.hpp), hosted by the same host. What stands here takes
// the types off a kind at the library's boundary and puts them on again at the plugin's side.
//
//   auto badges = host.entity<badge_kind>();            // in `wire`
//   auto given = co_await badges.ask(learner, give_badge{...});
//
// The kind's functions run on an actor thread of the plugin's own, one command of an identity at a time: they never
// wait. What they throw is a fault in the plugin's log. Loads and writes go through the plugin's own database.
#pragma once

#include <boost/mp11.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "stoa/entities.hpp"
#include "stoa/packed.hpp"
#include "stoa/task.hpp"

namespace stoa {

/// A state whose type only the plugin knows.
struct hosted_state {
  std::shared_ptr<void> value;
};
/// A reply whose type only the plugin knows.
struct hosted_reply {
  std::shared_ptr<void> value;
};

/// One command of a kind, without its types. Static data of the plugin's library, which is never unmapped.
struct hosted_command_type {
  std::string name;
  std::size_t place = 0;  ///< in the kind's list
  result<outcome<hosted_state, hosted_reply>> (*decide)(const hosted_state& now, const void* told, const moment& m);
  bound_statement (*save)(const hosted_state& before, const hosted_state& after, const void* told, const moment& m);
  void (*written)(hosted_state& next, hosted_reply& reply, const void* told, const rows::row& first);
  std::optional<fault> (*refused)(const void* told, const fault& f);
  std::string (*pack)(const hosted_reply& r);
  std::optional<hosted_reply> (*unpack)(std::string_view bytes);
};

/// A command on its way to its entity. It stays in this process; `told` packs like every described struct.
struct hosted_command {
  const hosted_command_type* type = nullptr;
  std::shared_ptr<const void> told;
  using reply = hosted_reply;
};
BOOST_DESCRIBE_STRUCT(hosted_command, (), ())

/// A kind, without its types. Keys are packed bytes.
struct hosted_kind_type {
  std::string name;
  std::vector<const hosted_command_type*> commands;
  std::size_t queue = 0;  ///< 0: as the settings say
  bound_statement (*load)(std::string_view key);
  result<hosted_state> (*read)(std::string_view key, const rows& found);
  std::optional<alarm<hosted_command>> (*alarm_of)(const hosted_state& now);                   ///< null: it never rings
  void (*shown)(std::string_view key, const hosted_state* before, const hosted_state* after);  ///< null: nobody listens
};

/// The host's side of a kind. Thread-safe; outlives the plugin.
class hosted_entities {
 public:
  virtual ~hosted_entities();
  // As entity_of says them, without types; keys are packed.
  virtual task<std::shared_ptr<const void>> get(std::string key) = 0;
  virtual std::shared_ptr<const void> peek(const std::string& key) const = 0;
  virtual task<hosted_reply> ask(std::string key, hosted_command command) = 0;
  virtual void made(const std::string& key) = 0;
  virtual void refresh(const std::string& key) = 0;
  virtual task<done> reload(std::string key) = 0;
};

namespace detail {

/// The unqualified name of a type, as it stands in the source.
template <class T>
std::string short_name() {
  std::string_view all = __PRETTY_FUNCTION__;  // ... [with T = stoa::actors::add_to_cart; std::string = ...]
  all.remove_prefix(all.find("T = ") + 4);
  all = all.substr(0, all.find_first_of(";]"));
  return std::string(all.substr(all.rfind(':') + 1));
}

template <class T>
const T& of(const std::shared_ptr<void>& value) {
  return *static_cast<const T*>(value.get());
}

template <class Kind>
typename Kind::key key_from(std::string_view bytes) {
  auto key = packed::unpack<typename Kind::key>(bytes);
  if (!key) throw std::logic_error("the key of an entity cannot be read");
  return std::move(*key);
}

template <class Kind, class Command>
struct hosted_command_of {
  using state = typename Kind::state;
  using reply = typename Command::reply;

  static result<outcome<hosted_state, hosted_reply>> decide_on(const hosted_state& now, const void* told,
                                                               const moment& m) {
    result<outcome<state, reply>> decided = decide(of<state>(now.value), *static_cast<const Command*>(told), m);
    if (!decided) return std::move(decided).refusal();
    outcome<hosted_state, hosted_reply> out;
    if (decided->next) out.next = hosted_state{std::make_shared<state>(std::move(*decided->next))};
    out.reply.value = std::make_shared<reply>(std::move(decided->reply));
    out.effect = decided->effect;
    return out;
  }
  static bound_statement save_it(const hosted_state& before, const hosted_state& after, const void* told,
                                 const moment& m) {
    const auto& command = *static_cast<const Command*>(told);
    if constexpr (requires(const state& s) { save(s, s, command, m); })
      return save(of<state>(before.value), of<state>(after.value), command, m);
    else
      throw std::logic_error("a command without a statement decided to write");
  }
  static void take_written(hosted_state& next, hosted_reply& answer, const void* told, const rows::row& first) {
    auto& n = *static_cast<state*>(next.value.get());
    auto& a = *static_cast<reply*>(answer.value.get());
    const auto& command = *static_cast<const Command*>(told);
    if constexpr (requires { written(n, a, command, first); })
      written(n, a, command, first);
    else
      n.version = first.integer(0);
  }
  static std::optional<fault> in_words(const void* told, const fault& f) {
    const auto& command = *static_cast<const Command*>(told);
    if constexpr (requires { refused(command, f); }) return refused(command, f);
    return std::nullopt;
  }

  static std::string pack_it(const hosted_reply& r) { return packed::pack(of<reply>(r.value)); }
  static std::optional<hosted_reply> unpack_it(std::string_view bytes) {
    auto known = packed::unpack<reply>(bytes);
    if (!known) return std::nullopt;
    return hosted_reply{std::make_shared<reply>(std::move(*known))};
  }

  static const hosted_command_type* type() {
    // It can leave the process, or it does not compile.
    static_assert(requires(std::string & out, const Command& c, const reply& r) {
      packed::codec<Command>::put(out, c);
      packed::codec<reply>::put(out, r);
    });
    static const hosted_command_type one{short_name<Command>(),
                                         boost::mp11::mp_find<typename Kind::commands, Command>::value,
                                         &decide_on,
                                         &save_it,
                                         &take_written,
                                         &in_words,
                                         &pack_it,
                                         &unpack_it};
    return &one;
  }
};

template <class Kind>
struct hosted_kind_of {
  using state = typename Kind::state;

  static bound_statement load_it(std::string_view key) { return load(Kind{}, key_from<Kind>(key)); }
  static result<hosted_state> read_it(std::string_view key, const rows& found) {
    result<state> now = read(Kind{}, key_from<Kind>(key), found);
    if (!now) return std::move(now).refusal();
    return hosted_state{std::make_shared<state>(std::move(now).value())};
  }
  static std::optional<alarm<hosted_command>> next_alarm(const hosted_state& now) {
    if constexpr (requires(const state& s) { alarm_of(Kind{}, s); }) {
      auto next = alarm_of(Kind{}, of<state>(now.value));
      if (!next) return std::nullopt;
      using command = std::remove_cvref_t<decltype(next->command)>;
      return alarm<hosted_command>{
          next->at, {hosted_command_of<Kind, command>::type(), std::make_shared<command>(std::move(next->command))}};
    }
    return std::nullopt;
  }
  static void tell_shown(std::string_view key, const hosted_state* before, const hosted_state* after) {
    using snapshot = std::shared_ptr<const state>;
    const auto as_snapshot = [](const hosted_state* s) {
      return s ? std::static_pointer_cast<const state>(s->value) : snapshot();
    };
    if constexpr (requires(const Kind& k, const snapshot& s) { k.shown(key_from<Kind>(key), s, s); })
      Kind{}.shown(key_from<Kind>(key), as_snapshot(before), as_snapshot(after));
  }

  static const hosted_kind_type& type() {
    static const hosted_kind_type one = [] {
      hosted_kind_type k{};
      k.name = Kind::name;
      boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, typename Kind::commands>>(
          [&k](auto c) { k.commands.push_back(hosted_command_of<Kind, typename decltype(c)::type>::type()); });
      if constexpr (requires { Kind::queue; }) k.queue = Kind::queue;
      k.load = &load_it;
      k.read = &read_it;
      k.alarm_of = &next_alarm;
      k.shown = &tell_shown;
      return k;
    }();
    return one;
  }
};

}  // namespace detail

/// The entities of one kind as the plugin that hosts them sees them: by identity, never by place. Thread-safe; copies
/// are the same entities.
template <class Kind>
class entity_of {
 public:
  /// The kind's own identity, and its state as it was committed: immutable, shared.
  using key = typename Kind::key;
  using snapshot = std::shared_ptr<const typename Kind::state>;

  /// Use plugin_host::entity.
  explicit entity_of(std::shared_ptr<hosted_entities> home) : home_(std::move(home)) {}

  /// The state as it was last committed: without a hop where it is in memory. Faults: those of the kind's `read`;
  /// `unavailable` where the database is away.
  task<snapshot> get(key id) const {
    co_return std::static_pointer_cast<const typename Kind::state>(co_await home_->get(packed::pack(id)));
  }
  /// The state in memory, without waiting; null where it is not loaded.
  snapshot peek(const key& id) const {
    return std::static_pointer_cast<const typename Kind::state>(home_->peek(packed::pack(id)));
  }
  /// Tells the entity a command. Faults: those of the command's `decide`; `unavailable` where the outcome is unknown or
  /// too many wait.
  template <entity_command Command>
  task<typename Command::reply> ask(key id, Command command) const {
    hosted_command told{detail::hosted_command_of<Kind, Command>::type(),
                        std::make_shared<Command>(std::move(command))};
    const auto answer = co_await home_->ask(packed::pack(id), std::move(told));
    co_return std::move(*static_cast<typename Command::reply*>(answer.value.get()));
  }
  /// There is something of this identity from now on: it was just made by another statement.
  void made(const key& id) const { home_->made(packed::pack(id)); }
  /// Tells a loaded entity that another statement changed its rows. Returns at once.
  void refresh(const key& id) const { home_->refresh(packed::pack(id)); }
  /// The same, and ends when every later `get` in this process shows the rows as they now stand. Also loads an entity
  /// with a deadline after a start, which arms its alarm.
  task<done> reload(key id) const { return home_->reload(packed::pack(id)); }

 private:
  std::shared_ptr<hosted_entities> home_;
};

}  // namespace stoa
