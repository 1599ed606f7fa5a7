// The database as a plugin sees it: its statements bear its name, so that those of two plugins, or of a plugin and the
// core, are never taken for each other in a session or in a metric; and they run with the rights of the plugin's role.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "stoa/awaiting.hpp"
#include "stoa/db.hpp"
#include "stoa/events.hpp"

namespace stoa::runtime {

/// Gives statements their full names, `plugin_<id>.<name>`. Thread-safe. A named statement is kept until the process
/// ends, as the plugin's own constant is: sessions, queued calls and errors point at it.
class statement_names {
 public:
  explicit statement_names(const std::string& plugin_id) : prefix_("plugin_" + plugin_id + ".") {}
  /// The same statement under its full name.
  const statement& full(const statement& s) const;

 private:
  const std::string prefix_;
};

/// Hands all on to the store, with full names. Any thread.
class named_database final : public database {
 public:
  named_database(std::shared_ptr<database> inner, const std::string& plugin_id);
  /// Of a database that outlives it and what was asked through it.
  named_database(database& inner, const std::string& plugin_id)
      : named_database(std::shared_ptr<database>(std::shared_ptr<database>(), &inner), plugin_id) {}

  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting who, lane l, const statement& s, values v, std::function<void(result<rows>)> completion) override;
  void transact(acting who, lane l, std::function<result<done>(connection&)> work,
                std::function<void(result<done>)> completion) override;
  task<rows> query(acting who, const statement& s, values v, lane l = lane::reads) override;
  task<done> in_transaction(acting who, std::function<result<done>(connection&)> work,
                            lane l = lane::commands) override;

  /// From now on everything asked through it runs with the rights of that role; empty: the server's own. Before the
  /// first call.
  void take_role(std::string role) { *role_ = std::move(role); }

  /// A subscription whose handler gets a connection that names its statements in the same way.
  subscription named(subscription s) const;
  awaiting_subscription named(awaiting_subscription s) const;

 private:
  /// Work of the pump's transaction, with the plugin's names and rights.
  result<done> in_own_name(connection& c, const std::function<result<done>(connection&)>& work) const;
  task<event_write> named_write(task<event_write> preparing) const;
  std::function<result<done>(connection&)> named(std::function<result<done>(connection&)> work) const;

  const std::shared_ptr<database> inner_;
  // Shared with work that is still under way.
  const std::shared_ptr<const statement_names> names_;
  const std::shared_ptr<std::string> role_;
};

}  // namespace stoa::runtime
