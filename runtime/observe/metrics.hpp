// Metrics over prometheus-cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stoa/metrics.hpp"

namespace stoa::runtime {

/// The registry of a process. Thread-safe. What it hands out lives as long as the registry; counting is an atomic
/// addition, observing takes the histogram's own lock, looking up a series takes the registry's.
class metrics_registry final : public metrics {
 public:
  metrics_registry();
  ~metrics_registry() override;

  /// Throws std::invalid_argument for names Prometheus does not allow and for one name with two kinds.
  counter& count(const std::string& name, const std::string& help, const metric_labels& labels = {}) override;
  gauge& level(const std::string& name, const std::string& help, const metric_labels& labels = {}) override;
  histogram& distribution(const std::string& name, const std::string& help, const metric_labels& labels = {},
                          const std::vector<double>& bounds = {}) override;

  /// All series in Prometheus' text format, version 0.0.4.
  std::string render() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime
