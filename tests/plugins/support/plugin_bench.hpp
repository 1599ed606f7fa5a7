// A plugin on a real database, with a clock that the test moves, its jobs, and whatever else in memory.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/jobs/runner.hpp"
#include "stoa/json.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/support/known_courses.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/plugins/support/plugin_store.hpp"

namespace stoa::testing {

class plugin_bench {
 public:
  using written = std::vector<std::pair<std::string, std::string>>;
  using parameters = std::vector<std::pair<std::string, std::string>>;

  plugin_bench(const plugin_entry& entry, http_client& http, const written& settings = {})
      : store_(plugin_store(entry.id)),
        plugin_(nullptr, entry.destroy),
        time(*parse_rfc3339("2026-01-27T16:05:00Z")),
        host(store_, http, time) {
    host.areas.offer<stoa::courses>(courses);
    host.areas.offer<stoa::enrollments>(learners);
    host.set(plugin_settings(entry, settings));
    plugin_.reset(entry.create());
    plugin_->configure(host);
    plugin_->wire(host);
    plugin_->start();
    runtime::job_options working;
    working.poll = milliseconds{5};
    jobs_ = std::make_unique<runtime::job_runner>(store_, time, std::move(working));
    for (const auto& w : host.workers) jobs_->add(w);
  }
  ~plugin_bench() {
    jobs_->stop();
    plugin_->stop();
    plugin_.reset();
  }

  static caller signed_in(user_id who, std::initializer_list<role> roles = {role::student}) {
    caller c;
    c.signed_in = true;
    c.user = who;
    for (const auto r : roles) c.roles.add(r);
    return c;
  }

  result<reply> call(dialect d, verb v, const std::string& pattern, const caller& who, const std::string& body = "",
                     parameters path = {}, parameters query = {}) {
    request q;
    q.who = who;
    q.dialect = d;
    q.now = time.now();
    q.base_url = "http://stoa.test/api";
    q.body = body;
    q.headers.emplace_back("content-type", "application/json");
    q.path_params = std::move(path);
    q.query_params = std::move(query);
    return wait_for<reply>(host.find(d, v, pattern).run(q));
  }

  static json body_of(const result<reply>& r) {
    if (!r) FAIL("refused: " << r.refusal().code << " " << r.refusal().message);
    return json::parse(r.value().body_text()).value();
  }
  static std::string text(const json& j, const char* name) { return j.find(name)->text(); }
  static std::string refusal(const result<reply>& r) { return r ? "none" : r.refusal().code; }
  /// The names of the fields that were complained about, with blanks between them.
  static std::string bad_fields(const result<reply>& r) {
    std::string all;
    if (!r)
      for (const auto& f : r.refusal().fields) all += (all.empty() ? "" : " ") + f.field;
    return all;
  }

  template <class E>
  event event_of(std::optional<user_id> who, const uuid& about, const E& fact) {
    event e;
    e.id = event_id::make();
    e.kind = E::kind;
    e.user = who;
    e.entity = about;
    e.payload = json::parse(wire::write(fact)).value();
    e.at = time.now();
    return e;
  }
  /// Tells the plugin's consumers, each in a transaction as the pump's.
  void tell(const std::vector<event>& events) {
    for (const auto& s : host.subscriptions) {
      std::vector<event> wanted;
      for (const auto& e : events)
        if (std::find(s.kinds.begin(), s.kinds.end(), e.kind) != s.kinds.end()) wanted.push_back(e);
      if (wanted.empty()) continue;
      std::function<result<done>(connection&)> work = [&](connection& db) { return s.handle(db, wanted); };
      REQUIRE(wait_for<done>(store_.in_transaction(acts_as_system(), std::move(work))));
      if (s.committed) s.committed(wanted);
    }
    for (const auto& a : host.awaiting) {
      std::vector<event> wanted;
      for (const auto& e : events)
        if (std::find(a.what.kinds.begin(), a.what.kinds.end(), e.kind) != a.what.kinds.end()) wanted.push_back(e);
      if (wanted.empty()) continue;
      const auto prepared = wait_for<event_write>(a.prepare(wanted));
      REQUIRE(prepared);
      REQUIRE(wait_for<done>(store_.in_transaction(acts_as_system(), prepared.value())));
    }
  }

  /// The first column of the first row, as the system sees it, or as somebody does.
  std::string one(const std::string& sql, const acting& who = acts_as_system()) {
    const statement ask{"bench.one", sql.c_str()};
    std::string out;
    std::function<result<done>(connection&)> work = [&](connection& db) {
      const auto found = db.run(ask, {});
      if (!found.empty() && !found.front().null(0)) out = found.front().text(0);
      return result<done>(done{});
    };
    REQUIRE(wait_for<done>(store_.in_transaction(who, std::move(work))));
    return out;
  }

  /// Jobs that are due are done from now on.
  void begin() { jobs_->start(); }
  /// Does the jobs that are due by now, and those that become due by it.
  bool work_off() {
    jobs_->start();
    return jobs_->work_off(seconds{20});
  }

 private:
  runtime::store store_;
  std::unique_ptr<plugin, void (*)(plugin*)> plugin_;
  std::unique_ptr<runtime::job_runner> jobs_;

 public:
  known_courses courses;
  known_learners learners;
  manual_clock time;
  fake_host host;
};

}  // namespace stoa::testing
