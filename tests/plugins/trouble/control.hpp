// How a test leads the plugin that has trouble: over the registry, in the same process.
#pragma once

#include <cstdint>
#include <string>

#include "stoa/registry.hpp"

namespace stoa_plugin::trouble {

/// Thread-safe. What blocks does so until it is let go, or for half a minute.
class trouble_control {
 public:
  static constexpr stoa::interface_id interface { {"trouble", 1}, "control" };
  virtual ~trouble_control() = default;
  /// What goes wrong from now on, in place of the setting `fault`.
  virtual void choose(std::string fault) = 0;
  /// Lets go of all that blocks, and of what would.
  virtual void let_go() = 0;
  /// How often something has begun: `blocked`, `route`, `job`, `subscription`, `observer`, `every`, `entity`.
  virtual std::int64_t begun(const std::string& what) = 0;
  /// On which threads it ran, as texts.
  virtual std::string threads_of(const std::string& what) = 0;
};

}  // namespace stoa_plugin::trouble
