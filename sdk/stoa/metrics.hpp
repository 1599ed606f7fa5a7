// Metrics in Prometheus' model. Implemented by the core over prometheus-cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace stoa {

/// Labels of one time series, by name. Keep their values few: a route's pattern, never a path or an id.
using metric_labels = std::map<std::string, std::string>;

/// Counts up. Thread-safe.
class counter {
 public:
  virtual ~counter();
  virtual void add(double by = 1) = 0;
};

/// Goes up and down. Thread-safe.
class gauge {
 public:
  virtual ~gauge();
  virtual void set(double to) = 0;
  virtual void add(double by) = 0;
};

/// Counts observations in buckets. Thread-safe; units are those of its name (seconds).
class histogram {
 public:
  virtual ~histogram();
  virtual void observe(double v) = 0;
};

/// Makes and finds series. A series lives as long as the registry; asking again with the same name and labels gives
/// the same one. Looking up takes a lock: keep the reference where it is hot.
class metrics {
 public:
  virtual ~metrics();
  virtual counter& count(const std::string& name, const std::string& help, const metric_labels& labels = {}) = 0;
  virtual gauge& level(const std::string& name, const std::string& help, const metric_labels& labels = {}) = 0;
  /// `bounds` are upper bucket bounds in rising order; empty means 1 ms to 10 s in thirteen steps.
  virtual histogram& distribution(const std::string& name, const std::string& help, const metric_labels& labels = {},
                                  const std::vector<double>& bounds = {}) = 0;
};

}  // namespace stoa
