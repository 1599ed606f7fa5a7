// A host for tests of a plugin's own code: it collects what the plugin declares.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "stoa/plugin.hpp"
#include "testing/fake_entities.hpp"
#include "testing/fake_orders.hpp"
#include "testing/fake_people.hpp"

namespace stoa::testing {

/// What comes from a part that is not there.
template <class T>
task<T> nobody() {
  co_return fault::unavailable("This test has none.");
}

/// Keeps the lines it is given.
class memory_log final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message, log_fields fields) override {
    std::string line(message);
    for (const auto& f : fields) line += " " + std::string(f.name) + "=" + f.value;
    const std::lock_guard lock{mutex_};
    text_ += line + "\n";
  }
  std::string all() const {
    const std::lock_guard lock{mutex_};
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// Takes every measurement and forgets it.
class no_metrics final : public metrics {
 public:
  counter& count(const std::string&, const std::string&, const metric_labels&) override { return cell_; }
  gauge& level(const std::string&, const std::string&, const metric_labels&) override { return cell_; }
  histogram& distribution(const std::string&, const std::string&, const metric_labels&,
                          const std::vector<double>&) override {
    return cell_;
  }

 private:
  struct cell final : counter, gauge, histogram {
    void add(double) override {}
    void set(double) override {}
    void observe(double) override {}
  } cell_;
};

/// Nobody is there.
struct no_http final : http_client {
  task<http_response> send(http_request) override { return nobody<http_response>(); }
};

/// A database nobody may ask.
struct no_database final : database {
  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting, lane, const statement&, values, std::function<void(result<rows>)> c) override {
    c(fault::unavailable("This test has none."));
  }
  void transact(acting, lane, std::function<result<done>(connection&)>, std::function<void(result<done>)> c) override {
    c(fault::unavailable("This test has none."));
  }
  task<rows> query(acting, const statement&, values, lane) override { return nobody<rows>(); }
  task<done> in_transaction(acting, std::function<result<done>(connection&)>, lane) override { return nobody<done>(); }
};

/// Does the work at once, on the caller's thread, and counts.
struct inline_offload final : offload {
  void submit(std::function<void()> work, deadline until, std::function<void(result<done>)> told) override {
    ++jobs;
    if (full || std::chrono::steady_clock::now() > until) return told(fault::unavailable("The service is busy."));
    result<done> outcome = done{};
    try {
      work();
    } catch (const fault_error& e) {
      outcome = e.what_fault();
    } catch (...) {
      outcome = detail::unexpected(std::current_exception());
    }
    told(std::move(outcome));
  }
  int jobs = 0;       ///< submitted so far
  bool full = false;  ///< refuses everything
};

/// The host as one plugin sees it, for tests of a plugin's own code: people and orders in memory, everything declared
/// in plain members. Offer more areas through `areas`.
class fake_host final : public plugin_host {
 public:
  fake_host(stoa::database& d, stoa::http_client& h, const stoa::clock& c)
      : orders(c), database_(d), http_(h), clock_(c) {
    areas.offer<stoa::people>(people);
    areas.offer<stoa::orders>(orders);
  }

  /// The plugin's section, as the host would have checked it.
  void set(std::unique_ptr<settings_view> s) { settings_ = std::move(s); }

  const settings_view& settings() const override { return *settings_; }
  std::filesystem::path folder() const override { return own_folder; }
  stoa::logger& log() override { return lines; }
  stoa::metrics& metrics() override { return metrics_; }
  stoa::database& database() override { return database_; }
  stoa::http_client& http() override { return http_; }
  stoa::offload& offload() override { return computing; }
  const stoa::clock& clock() const override { return clock_; }
  std::vector<std::string> signing_keys(std::string_view purpose) const override {
    std::string key(purpose.substr(0, 32));
    key.resize(32, '.');
    return {key};
  }
  bool production() const override { return in_production; }
  std::string public_url() const override { return url; }
  std::string url_of(const dialect& d, std::string_view pattern) const override {
    const auto prefix = prefixes.find(d);
    const auto below = prefix == prefixes.end() ? "/" + std::string(d.name()) : prefix->second;
    return url.empty() ? "" : url + below + std::string(pattern);
  }
  route_table& routes(const dialect& d) override { return tables[d]; }
  void subscribe(subscription s) override { subscriptions.push_back(std::move(s)); }
  void work_on(job_worker w) override { workers.push_back(std::move(w)); }
  using plugin_host::work_on;
  void jobs_queued() override { ++queued; }
  void subscribe(awaiting_subscription s) override { awaiting.push_back(std::move(s)); }
  void watch(observer o) override { observers.push_back(std::move(o)); }
  void every(std::string name, milliseconds, std::function<task<done>()> work) override {
    periodic[name] = std::move(work);
  }

  /// The route of a pattern; the request's path parameters are the caller's business.
  const route& find(const dialect& d, verb v, const std::string& pattern) {
    for (const auto& r : tables[d].all())
      if (r.verb == v && r.pattern == pattern) return r;
    throw std::runtime_error("no route " + pattern);
  }
  using plugin_host::find;

  fake_people people;
  fake_orders orders;
  registry areas;
  memory_log lines;
  inline_offload computing;
  std::map<dialect, route_table> tables;
  std::map<dialect, std::string> prefixes;  ///< for url_of; otherwise a dialect lies below its name
  std::vector<subscription> subscriptions;
  std::vector<awaiting_subscription> awaiting;
  std::vector<observer> observers;
  std::vector<job_worker> workers;
  std::map<std::string, std::shared_ptr<fake_entities>> entities;  ///< by the names of their kinds
  std::atomic<int> queued{0};
  std::map<std::string, std::function<task<done>()>> periodic;
  bool in_production = false;
  std::string url;
  std::filesystem::path own_folder = "/nonexistent";  ///< where the plugin is said to lie

 private:
  void* required(const interface_id& what) override { return areas.required(what); }
  std::shared_ptr<void> found(const interface_id& what, const std::string& name) override {
    return areas.get(what, name);
  }
  void offered(const interface_id& what, std::string name, std::shared_ptr<void> implementation) override {
    areas.put(what, std::move(name), std::move(implementation));
  }
  std::shared_ptr<hosted_entities> hosted(const hosted_kind_type& kind) override {
    auto& home = entities[kind.name];
    if (!home) home = std::make_shared<fake_entities>(kind, database_, clock_);
    return home;
  }

  std::unique_ptr<settings_view> settings_;
  no_metrics metrics_;
  stoa::database& database_;
  stoa::http_client& http_;
  const stoa::clock& clock_;
};

}  // namespace stoa::testing
