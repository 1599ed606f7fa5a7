// The troubles of a plugin in service: handlers, jobs, subscriptions, observers, periodic work and an entity that
// block, fail or take what is not theirs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "control.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::trouble {

/// What is wrong at the moment, shared by all parts of an instance.
class current_fault final : public trouble_control {
 public:
  explicit current_fault(std::string fault) : fault_(std::move(fault)) {}

  void choose(std::string fault) override;
  void let_go() override;
  std::int64_t begun(const std::string& what) override;
  std::string threads_of(const std::string& what) override;

  /// Notes that `what` began; blocks where the fault is `block_<what>`, throws where it is `fail_<what>`.
  void pass(const std::string& what);
  bool is(const std::string& fault) const;

 private:
  void block();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string fault_;
  std::map<std::string, std::int64_t> begun_;
  std::map<std::string, std::set<std::string>> threads_;
  std::uint64_t releases_ = 0;
};

/// Declares all of them. The fault outlives what it is given to.
void wire_run_faults(stoa::plugin_host& host, const std::shared_ptr<current_fault>& fault);

}  // namespace stoa_plugin::trouble
