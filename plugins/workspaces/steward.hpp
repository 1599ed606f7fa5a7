// Makes of workspaces what the rows say, and keeps both alike.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/people.hpp"
#include "stoa/areas/workspaces.hpp"
#include "stoa/plugin.hpp"
#include "workspace.hpp"

namespace stoa_plugin::workspaces {

struct steward_options {
  milliseconds idle{};
  milliseconds make_timeout{};  ///< how long making, starting, stopping or removing one may take
  std::int64_t per_hour = 0;
  port_choice ports;
};

/// A workspace that runs, and whether this very request made it.
struct opened {
  turn now;
  bool fresh = false;
};

class steward : public std::enable_shared_from_this<steward> {
 public:
  using deadline = std::chrono::steady_clock::time_point;

  steward(stoa::plugin_host& host, steward_options options);

  stoa::task<opened> open(user_id owner, deadline until);
  stoa::task<done> close(user_id owner, deadline until);
  stoa::task<done> leave(user_id owner, bool volume, deadline until);
  /// As it is; looking is using.
  stoa::task<std::shared_ptr<const workspace>> look(user_id owner);

  /// Goes on with what was given up, compares rows and containers, and drops what nobody has a row for.
  stoa::task<done> sweep();
  /// Removes what belongs to accounts that are gone, and stops what belongs to closed ones.
  stoa::task<done> check_owners();
  /// Those who wait for work elsewhere, or for too long.
  stoa::task<done> look_after_waiting();
  /// Ends all waiting, and gives what runs a moment.
  void drain();

 private:
  /// Work on one workspace, in this process or (`here` is false) in another, and who waits for it.
  struct labour {
    struct waiter {
      deadline until;
      stoa::callback_awaiter<done>::completion completion;
    };
    user_id owner;
    bool here = false;
    std::optional<result<done>> outcome;
    std::vector<waiter> waiters;
  };
  using labour_ptr = std::shared_ptr<labour>;

  template <class Command>
  stoa::task<turn> choosing(user_id owner, Command told);
  labour_ptr begin(user_id owner, turn t);
  labour_ptr work_of_others(user_id owner);
  stoa::task<done> ended(labour_ptr l, deadline until);
  void end(const labour_ptr& l, result<done> outcome);
  stoa::task<done> work(user_id owner, turn t);
  stoa::task<std::string> make(std::shared_ptr<stoa::workspace_provider> provider, user_id owner, turn t,
                               std::string installation, deadline until);
  stoa::task<std::string> installation();
  stoa::task<done> compare(std::shared_ptr<stoa::workspace_provider> provider);
  stoa::task<done> note_traffic(std::shared_ptr<stoa::workspace_provider> provider, user_id owner, std::string handle);
  stoa::task<done> check_owner(user_id owner);
  std::shared_ptr<stoa::workspace_provider> provider() const;
  milliseconds lease() const { return options_.make_timeout + stoa::seconds{15}; }

  stoa::plugin_host& host_;
  const steward_options options_;
  const stoa::entity_of<workspace_kind> all_;
  const uuid me_;

  std::mutex mutex_;
  std::condition_variable rested_;
  std::map<user_id, labour_ptr> here_;
  std::map<user_id, labour_ptr> elsewhere_;
  std::string installation_;
  std::map<user_id, std::int64_t> traffic_;
  bool armed_ = false;  ///< the running ones were loaded, so that they rest when they are idle
  bool draining_ = false;
};

}  // namespace stoa_plugin::workspaces
