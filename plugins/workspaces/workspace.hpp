// A person's workspace: an entity, and all that decides about it.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/entities.hpp"

namespace stoa_plugin::workspaces {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::milliseconds;
using stoa::moment;
using stoa::result;
using stoa::timestamp;
using stoa::user_id;
using stoa::uuid;

enum class stage { none, creating, running, starting, stopping, stopped, removing };
std::string_view name_of(stage s) noexcept;
std::optional<stage> stage_named(std::string_view name) noexcept;
/// Whether somebody has something to do before it rests.
bool on_its_way(stage s) noexcept;

/// How the database chooses a port when a row is written: no rule sees what others have.
struct port_choice {
  std::int64_t first = 0;  ///< 0: none is to be chosen
  std::int64_t last = 0;
  std::int64_t bad = 0;   ///< something else listens there
  bool anywhere = false;  ///< not the lowest: others choose at the same moment
};
BOOST_DESCRIBE_STRUCT(port_choice, (), (first, last, bad, anywhere))

struct workspace {
  user_id owner;
  stage at = stage::none;
  std::int64_t generation = 0;
  std::optional<std::int64_t> port;
  std::string handle;
  std::optional<timestamp> made_at, used_at, idle_at;
  bool volume = false;       ///< something was worked on in it
  bool drop_volume = false;  ///< and goes with the container
  std::optional<uuid> holder;
  std::optional<timestamp> busy_until;
  std::vector<timestamp> makings;  ///< within the last hour, oldest first
  timestamp changed_at;
  std::int64_t version = 0;
  port_choice choice;  ///< of this change alone; not kept
};

/// What a command came to. Where `mine`, whoever told it has the work to do that the stage names, and says with `token`
/// what became of it.
struct turn {
  stage at = stage::none;
  bool mine = false;
  uuid token;
  std::int64_t generation = 0;
  std::optional<std::int64_t> port;
  std::string handle;
  bool volume = false;
  bool drop_volume = false;
};
BOOST_DESCRIBE_STRUCT(turn, (), (at, mine, token, generation, port, handle, volume, drop_volume))

/// The owner wants to work in it.
struct open_it {
  milliseconds idle{};
  milliseconds lease{};
  std::int64_t per_hour = 0;  ///< so many are made in an hour; 0: no bound
  port_choice ports;
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(open_it, (), (idle, lease, per_hour, ports))

/// It is in use.
struct use_it {
  milliseconds idle{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(use_it, (), (idle))

/// Somebody goes on with what was begun and given up.
struct take_up {
  milliseconds lease{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(take_up, (), (lease))

/// Something else listens at its port.
struct move_port {
  uuid token;
  port_choice ports;
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(move_port, (), (token, ports))

/// What became of the work of a turn. To the stage that it is in: it is to be tried again after the pause.
struct settle {
  uuid token;
  stage to = stage::none;
  std::string handle;
  milliseconds pause{};
  milliseconds idle{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(settle, (), (token, to, handle, pause, idle))

/// The owner, or whoever looks after all, wants it stopped.
struct close_it {
  milliseconds lease{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(close_it, (), (lease))

/// It is to go, with what was worked on or without.
struct leave_it {
  bool volume = false;
  milliseconds lease{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(leave_it, (), (volume, lease))

/// What the provider showed of it, asked at `looked_at`.
struct seen_as {
  std::int64_t generation = 0;
  bool present = false;
  bool running = false;
  timestamp looked_at;
  milliseconds idle{};
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(seen_as, (), (generation, present, running, looked_at, idle))

/// Nobody has used it for a while. What it tells itself.
struct rest_now {
  using reply = turn;
};
BOOST_DESCRIBE_STRUCT(rest_now, (), ())

struct workspace_kind {
  static constexpr const char* name = "workspace";
  using key = user_id;
  using state = workspace;
  using commands =
      stoa::command_list<open_it, use_it, take_up, move_port, settle, close_it, leave_it, seen_as, rest_now>;
};

using decision = result<stoa::outcome<workspace, turn>>;
decision decide(const workspace& now, const open_it& told, const moment& m);
decision decide(const workspace& now, const use_it& told, const moment& m);
decision decide(const workspace& now, const take_up& told, const moment& m);
decision decide(const workspace& now, const move_port& told, const moment& m);
decision decide(const workspace& now, const settle& told, const moment& m);
decision decide(const workspace& now, const close_it& told, const moment& m);
decision decide(const workspace& now, const leave_it& told, const moment& m);
decision decide(const workspace& now, const seen_as& told, const moment& m);
decision decide(const workspace& now, const rest_now& told, const moment& m);

stoa::bound_statement load(const workspace_kind&, const user_id& owner);
result<workspace> read(const workspace_kind&, const user_id& owner, const stoa::rows& found);
stoa::bound_statement save_row(const workspace& before, const workspace& after, const moment& m);
template <class Command>
stoa::bound_statement save(const workspace& before, const workspace& after, const Command&, const moment& m) {
  return save_row(before, after, m);
}
void take_written(workspace& next, turn& reply, const stoa::rows::row& first);
template <class Command>
void written(workspace& next, turn& reply, const Command&, const stoa::rows::row& first) {
  take_written(next, reply, first);
}
/// Two chose one port at the same moment: whoever told it asks once more.
std::optional<fault> in_words(const fault& f);
template <class Command>
std::optional<fault> refused(const Command&, const fault& f) {
  return in_words(f);
}
std::optional<stoa::alarm<rest_now>> alarm_of(const workspace_kind&, const workspace& now);

}  // namespace stoa_plugin::workspaces
