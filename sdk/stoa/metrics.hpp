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
  /// `by` is 0 or more, in the unit of the counter's name. Takes no lock.
  virtual void add(double by = 1) = 0;
};

/// Goes up and down. Thread-safe.
class gauge {
 public:
  virtual ~gauge();
  /// In the unit of the gauge's name. Takes no lock.
  virtual void set(double to) = 0;
  /// May be negative.
  virtual void add(double by) = 0;
};

/// Counts observations in buckets. Thread-safe; units are those of its name (seconds).
class histogram {
 public:
  virtual ~histogram();
  /// One observation, in the unit of the histogram's name.
  virtual void observe(double v) = 0;
};

/// Makes and finds series. A series lives as long as the registry; asking again with the same name and labels gives
/// the same one. Looking up takes a lock: keep the reference where it is hot.
class metrics {
 public:
  virtual ~metrics();
  /// A counter; names are `stoa_` with small letters and `_`, counters end in `_total`. Throws
  /// std::invalid_argument where the name is known as another kind.
  virtual counter& count(const std::string& name, const std::string& help, const metric_labels& labels = {}) = 0;
  /// A gauge, in the same way.
  virtual gauge& level(const std::string& name, const std::string& help, const metric_labels& labels = {}) = 0;
  /// `bounds` are upper bucket bounds in rising order; empty means 1 ms to 10 s in thirteen steps.
  virtual histogram& distribution(const std::string& name, const std::string& help, const metric_labels& labels = {},
                                  const std::vector<double>& bounds = {}) = 0;
};

}  // namespace stoa
