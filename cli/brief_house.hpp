// A migrated database and the domain on it, for one command.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "cli/composition.hpp"
#include "runtime/observe/log.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

/// A log that keeps quiet unless something is wrong: standard output belongs to the command's answer.
inline std::shared_ptr<runtime::bound_logger> quiet_log() {
  runtime::log_options o;
  o.level = log_level::warn;
  return runtime::make_logger(o);
}

class brief_house {
 public:
  explicit brief_house(const runtime::settings& s)
      : log_(quiet_log()), database_(s, database_home::use::beside, *log_) {
    database_.migrate(*log_);
    house_.emplace(
        s, database_.connection(), [](std::function<void()> f) { f(); }, time_, *log_, meters_);
  }
  ~brief_house() {
    house_->stop();
    database_.stop();
  }
  domain_house& operator*() { return *house_; }
  domain_house* operator->() { return &*house_; }
  const stoa::clock& time() const { return time_; }
  logger& log() { return *log_; }

 private:
  stoa::system_clock time_;
  runtime::metrics_registry meters_;
  std::shared_ptr<runtime::bound_logger> log_;
  database_home database_;
  std::optional<domain_house> house_;
};

template <class T>
T or_throw(result<T> r) {
  if (!r) throw fault_error(std::move(r).refusal());
  return std::move(r).value();
}

}  // namespace stoa::cli
