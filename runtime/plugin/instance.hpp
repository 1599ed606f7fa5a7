// One instance of a plugin, and the slot that its routes go through.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/plugin/host.hpp"
#include "runtime/plugin/named_database.hpp"
#include "runtime/plugin/named_metrics.hpp"
#include "runtime/plugin/quarters.hpp"
#include "runtime/plugin/schedule.hpp"

namespace stoa::runtime {

/// What a plugin's object sees of the host, and what it declared there.
class plugin_instance final : public stoa::plugin_host {
 public:
  struct periodic {
    std::string name;
    milliseconds period;
    std::function<task<done>()> work;
    workplace at;
  };
  /// Something that was declared, and where its code runs.
  template <class T>
  struct placed {
    T what;
    workplace at;
  };

  plugin_instance(const plugin_services& services, const plugin_options& options, const manifest& m,
                  const plugin_entry& entry, std::shared_ptr<plugin_quarters> quarters);
  ~plugin_instance() override;

  /// With whose rights its statements run; before the first of them.
  void take_role(const std::string& role) { database_->take_role(role); }

  /// Runs one step of the plugin's own and turns what it throws into a plugin_error.
  void step(const char* name, const std::function<void(plugin&)>& what);

  const settings_view& settings() const override { return *settings_; }
  std::filesystem::path folder() const override { return std::filesystem::absolute(manifest_.dir); }
  stoa::logger& log() override { return *log_; }
  stoa::metrics& metrics() override { return meters_; }
  stoa::database& database() override { return *database_; }
  stoa::http_client& http() override { return *http_; }
  stoa::offload& offload() override { return quarters_->computing(); }
  const stoa::clock& clock() const override { return services_.clock; }
  std::vector<std::string> signing_keys(std::string_view purpose) const override;
  bool production() const override { return options_.production; }
  std::string public_url() const override { return services_.public_url(); }
  std::string url_of(const dialect& d, std::string_view pattern) const override;
  route_table& routes(const dialect& d) override;
  void subscribe(subscription s) override;
  void subscribe(awaiting_subscription s) override;
  void watch(observer o) override;
  void work_on(job_worker w) override;
  void jobs_queued() override { services_.jobs.kick(); }
  void every(std::string name, milliseconds period, std::function<task<done>()> work) override;

  const std::map<dialect, route_table>& tables() const noexcept { return tables_; }
  std::vector<placed<awaiting_subscription>>& subscriptions() noexcept { return subscriptions_; }
  std::vector<placed<observer>>& observers() noexcept { return observers_; }
  std::vector<placed<job_worker>>& workers() noexcept { return workers_; }
  std::vector<periodic>& work() noexcept { return work_; }

  /// Puts what the plugin offers into the registry, all of it or, with a registry_error, nothing; and takes it out
  /// again.
  void offer_all();
  void withdraw_all();

  struct offer_made {
    interface_id what;
    std::string name;
    std::shared_ptr<void> implementation;
  };
  /// What it offers from its start on; whoever takes one out keeps it from being offered.
  std::vector<offer_made>& offers() noexcept { return offers_; }

 private:
  void* required(const interface_id& what) override;
  std::shared_ptr<void> found(const interface_id& what, const std::string& name) override;
  void offered(const interface_id& what, std::string name, std::shared_ptr<void> implementation) override;
  std::shared_ptr<hosted_entities> hosted(const hosted_kind_type& kind) override;
  void check_need(const interface_id& what) const;

  const plugin_services& services_;
  const plugin_options& options_;
  const manifest& manifest_;
  const plugin_entry& entry_;
  std::shared_ptr<stoa::logger> log_;
  const std::shared_ptr<plugin_quarters> quarters_;
  const std::shared_ptr<named_database> database_;  // entities keep it for longer than we live
  named_metrics meters_;
  std::unique_ptr<settings_view> settings_;
  std::unique_ptr<http_client> http_;
  std::map<dialect, route_table> tables_;
  std::vector<placed<awaiting_subscription>> subscriptions_;
  std::vector<placed<observer>> observers_;
  std::vector<placed<job_worker>> workers_;
  std::vector<periodic> work_;
  std::vector<offer_made> offers_;
  plugin* object_ = nullptr;  // the library's own: made and destroyed by its entry. Gone before what it declared.
};

/// A plugin's place in the server. Routes, events and work reach the instance only through it, so that one can be taken
/// out or replaced while the server runs. Thread-safe.
class plugin_slot : public std::enable_shared_from_this<plugin_slot> {
 public:
  plugin_slot(manifest m, const plugin_services& services, const plugin_options& options,
              std::shared_ptr<stall_watch> watch = nullptr);

  const manifest& what() const noexcept { return manifest_; }
  std::string role;                     ///< of its statements; set when it is migrated, before any thread sees the slot
  const plugin_entry* entry = nullptr;  ///< of the opened library; set once, before any thread sees the slot

  plugin_state state() const;
  std::shared_ptr<plugin_instance> current() const;
  void put(std::shared_ptr<plugin_instance> i, plugin_state s);
  void set(plugin_state s);

  /// A route of the current instance, behind this slot.
  route guarded(const dialect& d, std::size_t index);
  const std::shared_ptr<plugin_quarters>& quarters() const noexcept { return quarters_; }
  /// An unexpected failure of what is done at that place: counted, logged, and told to its breaker.
  void failed(const workplace& at, const fault& why);
  /// What a request's handler came to: an answer that is too large is none, and its breaker hears of failures.
  void judge(const workplace& at, const request& q, result<reply>& outcome);
  /// Waits until no request runs in the plugin.
  bool quiet(milliseconds within);

  /// Begins and ends a visit of a request at that place: refused while the plugin is out of service, the place's
  /// breaker open, or too many are in the plugin.
  result<std::shared_ptr<plugin_instance>> enter(const workplace& at);
  void leave();
  /// The request's handler has ended; its stream may stay.
  void answered();

 private:
  fault refusal() const;
  fault refused(const char* why, fault f);

  const manifest manifest_;
  const plugin_services& services_;
  const plugin_options& options_;
  const std::shared_ptr<stoa::logger> log_;
  const std::shared_ptr<plugin_quarters> quarters_;
  counter& failures_total_;

  mutable std::mutex mutex_;
  std::condition_variable left_;
  plugin_state state_ = plugin_state::disabled;
  std::shared_ptr<plugin_instance> current_;
  std::size_t visitors_ = 0;
  std::atomic<std::size_t> running_{0};  ///< of them, whose handlers have not ended
};

}  // namespace stoa::runtime
