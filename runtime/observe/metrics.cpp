#include "runtime/observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

namespace stoa::runtime {
namespace {

const std::vector<double> default_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

class counter_handle final : public counter {
 public:
  explicit counter_handle(prometheus::Counter& c) : counter_(c) {}
  void add(double by) override { counter_.Increment(by); }

 private:
  prometheus::Counter& counter_;
};

class gauge_handle final : public gauge {
 public:
  explicit gauge_handle(prometheus::Gauge& g) : gauge_(g) {}
  void set(double to) override { gauge_.Set(to); }
  void add(double by) override { gauge_.Increment(by); }

 private:
  prometheus::Gauge& gauge_;
};

class histogram_handle final : public histogram {
 public:
  explicit histogram_handle(prometheus::Histogram& h) : histogram_(h) {}
  void observe(double v) override { histogram_.Observe(v); }

 private:
  prometheus::Histogram& histogram_;
};

/// All series of one name.
template <class Native, class Handle>
struct family {
  prometheus::Family<Native>* native = nullptr;
  std::vector<double> bounds;
  std::map<metric_labels, std::unique_ptr<Handle>> series;
};

}  // namespace

struct metrics_registry::state {
  prometheus::Registry registry;
  std::mutex mutex;  // guards the maps
  std::map<std::string, family<prometheus::Counter, counter_handle>> counters;
  std::map<std::string, family<prometheus::Gauge, gauge_handle>> gauges;
  std::map<std::string, family<prometheus::Histogram, histogram_handle>> histograms;

  /// The family of a name, registered with its first series. The first help wins.
  template <class Map, class Build>
  auto& family_of(Map& families, Build build, const std::string& name, const std::string& help) {
    if (auto it = families.find(name); it != families.end()) return it->second;
    const auto taken = counters.count(name) + gauges.count(name) + histograms.count(name);
    if (taken != 0) throw std::invalid_argument("metric '" + name + "' exists as another kind");
    // A HELP line without a text is an error to promtool.
    auto* native = &build().Name(name).Help(help.empty() ? name : help).Register(registry);
    auto& f = families[name];
    f.native = native;
    return f;
  }
};

metrics_registry::metrics_registry() : state_(std::make_unique<state>()) {}
metrics_registry::~metrics_registry() = default;

counter& metrics_registry::count(const std::string& name, const std::string& help, const metric_labels& labels) {
  std::lock_guard lock{state_->mutex};
  auto& f = state_->family_of(state_->counters, prometheus::BuildCounter, name, help);
  if (auto it = f.series.find(labels); it != f.series.end()) return *it->second;
  return *f.series.emplace(labels, std::make_unique<counter_handle>(f.native->Add(labels))).first->second;
}

gauge& metrics_registry::level(const std::string& name, const std::string& help, const metric_labels& labels) {
  std::lock_guard lock{state_->mutex};
  auto& f = state_->family_of(state_->gauges, prometheus::BuildGauge, name, help);
  if (auto it = f.series.find(labels); it != f.series.end()) return *it->second;
  return *f.series.emplace(labels, std::make_unique<gauge_handle>(f.native->Add(labels))).first->second;
}

histogram& metrics_registry::distribution(const std::string& name, const std::string& help, const metric_labels& labels,
                                          const std::vector<double>& bounds) {
  if (!std::ranges::is_sorted(bounds)) throw std::invalid_argument("the buckets of metric '" + name + "' do not rise");
  std::lock_guard lock{state_->mutex};
  auto& f = state_->family_of(state_->histograms, prometheus::BuildHistogram, name, help);
  // One name has one set of buckets: series with others could not be summed.
  if (f.bounds.empty()) f.bounds = bounds.empty() ? default_bounds : bounds;
  if (auto it = f.series.find(labels); it != f.series.end()) return *it->second;
  return *f.series.emplace(labels, std::make_unique<histogram_handle>(f.native->Add(labels, f.bounds))).first->second;
}

std::string metrics_registry::render() const {
  return prometheus::TextSerializer{}.Serialize(state_->registry.Collect());
}

}  // namespace stoa::runtime
