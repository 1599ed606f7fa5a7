// Metrics as a plugin sees them: under its own name, so that it can neither add to a metric of the core nor break one.
#pragma once

#include <string>

#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// `<name>` is `plugin_<id>_<name>` outside. Thread-safe as `inner` is, which outlives it.
class named_metrics final : public metrics {
 public:
  named_metrics(metrics& inner, const std::string& plugin_id) : inner_(inner), prefix_("plugin_" + plugin_id + "_") {}

  counter& count(const std::string& name, const std::string& help, const metric_labels& labels = {}) override {
    return inner_.count(prefix_ + name, help, labels);
  }
  gauge& level(const std::string& name, const std::string& help, const metric_labels& labels = {}) override {
    return inner_.level(prefix_ + name, help, labels);
  }
  histogram& distribution(const std::string& name, const std::string& help, const metric_labels& labels = {},
                          const std::vector<double>& bounds = {}) override {
    return inner_.distribution(prefix_ + name, help, labels, bounds);
  }

 private:
  metrics& inner_;
  const std::string prefix_;
};

}  // namespace stoa::runtime
