// What the sample plugin offers to others.
#pragma once

#include <string>

#include "stoa/registry.hpp"

namespace stoa_plugin::sample {

class sample_greeter {
 public:
  static constexpr stoa::interface_id interface { {"sample", 1}, "greeter" };
  virtual ~sample_greeter() = default;
  virtual std::string greeting() const = 0;
};

}  // namespace stoa_plugin::sample
