// Workspaces: containers in which learners work, one for each. `plugins/workspaces` decides who has one, on which port
// and for how long; whoever offers `workspace_provider` makes them (`docker` by the Engine API is built in).
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"

namespace stoa {

namespace areas {
inline constexpr area workspaces{"workspaces", 1};
}

/// A workspace as it shall be. What is made of it bears all of this as labels, so that it is found again by whoever
/// knows nothing but the installation.
struct workspace_order {
  std::string installation;     ///< the database it belongs to: several may share one engine
  user_id owner;                ///< who has one workspace at most
  std::int64_t generation = 0;  ///< goes up whenever the owner gets a new one
  std::int64_t port = 0;        ///< of the machine, at which it is reached
};
BOOST_DESCRIBE_STRUCT(workspace_order, (), (installation, owner, generation, port))

/// A workspace that the provider has, whoever made it.
struct workspace_seen {
  std::string handle;  ///< the provider's own name for it
  user_id owner;
  std::int64_t generation = 0;
  bool running = false;
};
BOOST_DESCRIBE_STRUCT(workspace_seen, (), (handle, owner, generation, running))

/// The point at which workspaces are made. Any thread; the coroutine goes on where it was. Every call ends by the
/// deadline of whoever awaits it (`current_deadline`) and within a bound of its own, and bears being done twice.
/// Faults: `unavailable` with a message for people and, as `error` and `details` among its further members, what a
/// contract shows beside it; nobody knows then how far the call came.
class workspace_provider {
 public:
  static constexpr interface_id interface { areas::workspaces, "workspace_provider" };
  virtual ~workspace_provider();

  /// It runs when this ends: one that is there with the same generation and port is taken and started, whatever else
  /// the owner has is removed first. Gives its handle. Faults: WORKSPACE_PORT_TAKEN (conflict) where something else
  /// listens at the port; nothing is left behind then.
  virtual task<std::string> ensure(workspace_order order) = 0;
  /// It does not run when this ends, and keeps what it has. No fault where it is not there.
  virtual task<done> stop(std::string handle) = 0;
  /// Nothing of the owner's is there when this ends; what was kept in the workspace's volume goes with `volume` alone.
  virtual task<done> remove(std::string installation, user_id owner, bool volume) = 0;
  /// Drops a single one that nobody has a row for. The owner's volume stays.
  virtual task<done> drop(std::string handle) = 0;
  /// All of an installation, running or not.
  virtual task<std::vector<workspace_seen>> list(std::string installation) = 0;
  /// Bytes that went in and out since it was started: by which its use is seen.
  virtual task<std::int64_t> traffic(std::string handle) = 0;
};

}  // namespace stoa
