// The payments plugin on a real database, with orders in memory.
#pragma once

#include <catch2/catch.hpp>
#include <thread>

#include "runtime/jobs/runner.hpp"
#include "stoa/json.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/plugins/support/plugin_store.hpp"

extern "C" const stoa::plugin_entry* stoa_payments_entry();

namespace stoa::testing {

class payments_bench {
 public:
  using written = std::vector<std::pair<std::string, std::string>>;

  explicit payments_bench(http_client& http, const written& settings = {})
      : store_(plugin_store("payments")), time(*parse_rfc3339("2026-01-27T16:05:00Z")), host(store_, http, time) {
    host.url = "http://stoa.test";
    host.prefixes[dialect("unpuzzle")] = "/unpuzzle/api/v1";
    host.set(plugin_settings(*stoa_payments_entry(), settings));
    plugin_ = stoa_payments_entry()->create();
    plugin_->configure(host);
    plugin_->wire(host);
    plugin_->start();
    runtime::job_options working;
    working.poll = milliseconds{5};
    jobs_ = std::make_unique<runtime::job_runner>(store_, time, std::move(working));
    for (const auto& w : host.workers) jobs_->add(w);
  }
  ~payments_bench() {
    jobs_->stop();
    plugin_->stop();
    stoa_payments_entry()->destroy(plugin_);
  }

  result<reply> call(dialect d, verb v, const std::string& pattern, request q) {
    q.dialect = d;
    q.now = time.now();
    q.base_url = "http://stoa.test/api/v1";
    return wait_for<reply>(host.find(d, v, pattern).run(q));
  }

  static request as(user_id who, const std::string& body = "") {
    request q;
    q.who.signed_in = true;
    q.who.user = who;
    q.body = body;
    q.headers.emplace_back("content-type", "application/json");
    return q;
  }

  result<reply> create(user_id who, const std::string& order, const std::string& more = "") {
    return call(dialect("learnflow"), verb::post, "/payments/create-payment-intent/",
                as(who, R"({"order_id":")" + order + "\"" + more + "}"));
  }
  result<reply> confirm(user_id who, const std::string& order, const std::string& intent,
                        const std::string& method = "") {
    return call(dialect("learnflow"), verb::post, "/payments/confirm-payment/",
                as(who, R"({"order_id":")" + order + R"(","payment_intent_id":")" + intent + "\"" +
                            (method.empty() ? "" : R"(,"payment_method":")" + method + "\"") + "}"));
  }
  result<reply> webhook(const std::string& body, const std::string& signature, dialect d = dialect("unpuzzle")) {
    request q;
    q.body = body;
    if (!signature.empty()) q.headers.emplace_back("stripe-signature", signature);
    return call(d, verb::post, "/payments/webhooks/stripe/", std::move(q));
  }
  result<reply> receipt(user_id who, const std::string& file) {
    host.people.add(who, "Ada", "Łovelace");
    auto q = as(who);
    q.path_params.emplace_back("file", file);
    return call(dialect("learnflow"), verb::get, "/receipts/{file}", std::move(q));
  }

  static json body_of(const result<reply>& r) {
    if (!r) FAIL("refused: " << r.refusal().code << " " << r.refusal().message);
    return json::parse(r.value().body_text()).value();
  }
  static std::string text(const json& j, const char* name) { return j.find(name)->text(); }
  static std::string refusal(const result<reply>& r) { return r ? "none" : r.refusal().code; }

  /// Tells the plugin's consumer of an event, in a transaction as the pump's.
  template <class E>
  void tell(const std::string& consumer, user_id who, order_id about, const E& fact) {
    event e;
    e.id = event_id::make();
    e.kind = E::kind;
    e.user = who;
    e.entity = about.value;
    e.payload = json::parse(wire::write(fact)).value();
    e.at = time.now();
    for (const auto& s : host.subscriptions) {
      if (s.name != consumer) continue;
      std::function<result<done>(connection&)> work = [&](connection& db) { return s.handle(db, {e}); };
      REQUIRE(wait_for<done>(store_.in_transaction(acts_as_system(), std::move(work))));
      if (s.committed) s.committed({e});
      return;
    }
    FAIL("no consumer " << consumer);
  }
  /// The first column of the first row, as the system sees it.
  std::string one(const std::string& sql) {
    const statement ask{"bench.one", sql.c_str()};
    std::string out;
    std::function<result<done>(connection&)> work = [&](connection& db) {
      const auto found = db.run(ask, {});
      if (!found.empty()) out = found.front().text(0);
      return result<done>(done{});
    };
    REQUIRE(wait_for<done>(store_.in_transaction(acts_as_system(), std::move(work))));
    return out;
  }

  /// Does the jobs that are due by now, and those that become due by it.
  bool work_off() {
    jobs_->start();
    return jobs_->work_off(seconds{10});
  }

  fake_orders& orders() { return host.orders; }
  database& db() { return store_; }

 private:
  runtime::store store_;
  plugin* plugin_ = nullptr;
  std::unique_ptr<runtime::job_runner> jobs_;

 public:
  manual_clock time;
  fake_host host;
};

}  // namespace stoa::testing
