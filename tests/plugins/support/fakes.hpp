// A server's inside for tests of plugins: facades that refuse, and a host that collects what a plugin declares.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/settings/section.hpp"
#include "stoa/plugin.hpp"

namespace stoa::testing {

/// What a facade answers that a test does not need.
template <class T>
task<T> not_faked() {
  co_return fault{fault_kind::internal, "NOT_FAKED", "This test has no such facade."};
}

struct fake_accounts : accounts {
  task<signed_in> sign_up(registration, dialect) override { return not_faked<signed_in>(); }
  task<account_ptr> make_account(registration) override { return not_faked<account_ptr>(); }
  task<signed_in> sign_in(credentials, dialect) override { return not_faked<signed_in>(); }
  task<account_ptr> authenticate(credentials) override { return not_faked<account_ptr>(); }
  task<signed_in> open_session(account_ptr, dialect) override { return not_faked<signed_in>(); }
  task<token_pair> refresh(std::string) override { return not_faked<token_pair>(); }
  task<done> sign_out(session_id) override { return not_faked<done>(); }
  task<account_ptr> get(user_id user) override {
    auto a = std::make_shared<account>();
    a->id = user;
    a->first_name = "Ada";
    a->last_name = "Łovelace";
    co_return account_ptr(std::move(a));
  }
  task<account_ptr> update(user_id, profile_change) override { return not_faked<account_ptr>(); }
  task<done> change_password(user_id, std::string, std::string, bool) override { return not_faked<done>(); }
  task<account_ptr> change_role(user_id, role) override { return not_faked<account_ptr>(); }
  task<bool> email_exists(std::string) override { return not_faked<bool>(); }
};

struct fake_courses : courses {
  task<course_ptr> get(course_id) override { return not_faked<course_ptr>(); }
  task<course_ptr> visible(course_id, caller) override { return not_faked<course_ptr>(); }
  course_ptr peek(course_id) const override { return nullptr; }
  task<course_ptr> create(caller, course_draft) override { return not_faked<course_ptr>(); }
  task<course_ptr> update(caller, course_id, course_draft) override { return not_faked<course_ptr>(); }
  task<course_ptr> publish(caller, course_id) override { return not_faked<course_ptr>(); }
  task<course_ptr> unpublish(caller, course_id) override { return not_faked<course_ptr>(); }
  task<section> add_section(caller, course_id, section_draft) override { return not_faked<section>(); }
  task<section> update_section(caller, section_id, section_draft) override { return not_faked<section>(); }
  task<done> remove_section(caller, section_id) override { return not_faked<done>(); }
  task<lesson> add_lesson(caller, section_id, lesson_draft) override { return not_faked<lesson>(); }
  task<lesson> update_lesson(caller, lesson_id, lesson_draft) override { return not_faked<lesson>(); }
  task<done> remove_lesson(caller, lesson_id) override { return not_faked<done>(); }
  task<review_page> reviews(course_id, std::optional<int>, review_order, int, int) override {
    return not_faked<review_page>();
  }
  task<review> post_review(caller, course_id, review_draft) override { return not_faked<review>(); }
  task<review> vote_helpful(caller, course_id, review_id) override { return not_faked<review>(); }
  void refresh(course_id) override {}
};

struct fake_catalog : catalog {
  task<catalog_page_ptr> page(catalog_query) override { return not_faked<catalog_page_ptr>(); }
  task<std::vector<category>> categories() override { return not_faked<std::vector<category>>(); }
  std::int64_t version() const noexcept override { return 0; }
  const std::vector<std::string>& orderings() const override {
    static const std::vector<std::string> none;
    return none;
  }
};

struct fake_carts : carts {
  task<cart_ptr> get(user_id) override { return not_faked<cart_ptr>(); }
  cart_ptr peek(user_id) const override { return nullptr; }
  task<cart_item> add(user_id, course_id) override { return not_faked<cart_item>(); }
  task<done> remove(user_id, cart_item_id) override { return not_faked<done>(); }
  task<done> clear(user_id) override { return not_faked<done>(); }
  void refresh(user_id) override {}
};

struct fake_wishlists : wishlists {
  task<wishlist_ptr> get(user_id) override { return not_faked<wishlist_ptr>(); }
  wishlist_ptr peek(user_id) const override { return nullptr; }
  task<wishlist_item> add(user_id, course_id) override { return not_faked<wishlist_item>(); }
  task<done> remove(user_id, wishlist_item_id) override { return not_faked<done>(); }
};

struct fake_enrollments : enrollments {
  task<learner_ptr> get(user_id) override { return not_faked<learner_ptr>(); }
  learner_ptr peek(user_id) const override { return nullptr; }
  task<enrollment> enroll(caller, course_id) override { return not_faked<enrollment>(); }
  task<lesson_completion> complete_lesson(user_id, enrollment_id, lesson_id) override {
    return not_faked<lesson_completion>();
  }
  task<learner_ptr> set_goal(user_id, int) override { return not_faked<learner_ptr>(); }
  void refresh(user_id) override {}
};

/// Orders in memory, with the facade's rules of completion.
struct fake_orders : orders {
  task<created_order> create_from_cart(user_id, std::optional<billing_address>) override {
    return not_faked<created_order>();
  }
  task<order> get(user_id buyer, order_id id) override {
    const std::lock_guard lock{mutex};
    const auto found = all.find(id);
    if (found == all.end() || found->second.buyer != buyer) co_return unknown();
    co_return found->second;
  }
  task<order_page> list(user_id, std::optional<order_status>, int, int) override { return not_faked<order_page>(); }
  task<order> find(order_id id) override {
    const std::lock_guard lock{mutex};
    const auto found = all.find(id);
    if (found == all.end()) co_return unknown();
    co_return found->second;
  }
  task<order> complete(order_id id, payment_receipt p) override {
    const std::lock_guard lock{mutex};
    ++completions_asked;
    if (away) co_return fault::unavailable("The database is away.");
    const auto found = all.find(id);
    if (found == all.end()) co_return unknown();
    order& o = found->second;
    if (o.status == order_status::completed) co_return o;
    if (o.status == order_status::cancelled)
      co_return fault{fault_kind::conflict, "ORDER_NOT_PAYABLE", "This order cannot be paid."};
    if (p.amount_minor != o.total_minor || p.currency != o.currency)
      co_return fault{fault_kind::rejected, "AMOUNT_MISMATCH", "The amount is not the order's."};
    o.status = order_status::completed;
    o.completed_at = parse_rfc3339("2026-01-27T16:10:00Z");
    o.receipt_number = "RCP-2026-00001";
    o.payment_provider = p.provider;
    o.payment_reference = p.reference;
    ++completed;
    co_return o;
  }

  order& add(user_id buyer, std::int64_t total) {
    order o;
    o.id = order_id::make();
    o.buyer = buyer;
    o.order_number = "ORD-2026-00001";
    o.subtotal_minor = o.total_minor = total;
    o.created_at = *parse_rfc3339("2026-01-27T16:05:00Z");
    o.items.push_back({order_item_id::make(), course_id::make(), "Complete Web Development — 日本語", total});
    const std::lock_guard lock{mutex};
    return all[o.id] = std::move(o);
  }
  static fault unknown() { return {fault_kind::not_found, "ORDER_NOT_FOUND", "The requested order does not exist."}; }

  std::mutex mutex;
  std::map<order_id, order> all;
  std::atomic<bool> away{false};
  std::atomic<int> completed{0};
  std::atomic<int> completions_asked{0};
};

struct fake_domain {
  fake_accounts accounts;
  fake_courses courses;
  fake_catalog catalog;
  fake_carts carts;
  fake_wishlists wishlists;
  fake_enrollments enrollments;
  fake_orders orders;
  stoa::domain facades{accounts, courses, catalog, carts, wishlists, enrollments, orders};
};

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
  task<http_response> send(http_request) override { return not_faked<http_response>(); }
};

/// A database nobody may ask.
struct no_database final : database {
  void run(lane, const statement&, values, std::function<void(result<rows>)> c) override {
    c(fault::unavailable("none"));
  }
  void transact(lane, std::function<result<done>(connection&)>, std::function<void(result<done>)> c) override {
    c(fault::unavailable("none"));
  }
  task<rows> query(const statement&, values, lane) override { return not_faked<rows>(); }
  task<done> in_transaction(std::function<result<done>(connection&)>, lane) override { return not_faked<done>(); }
};

/// The host as one plugin sees it, for tests of a plugin's own code.
class fake_host final : public plugin_host {
 public:
  fake_host(stoa::database& d, stoa::http_client& h, const stoa::clock& c) : database_(d), http_(h), clock_(c) {}

  /// Settings as written in TOML, all texts.
  void set(const plugin_entry& e, const std::vector<std::pair<std::string, std::string>>& written) {
    std::vector<runtime::raw_value> raw;
    for (const auto& [key, text] : written) raw.push_back({key, text, true, "test"});
    settings_ = runtime::make_section(e.id, raw, {e.settings, e.settings + e.settings_count});
  }

  const settings_view& settings() const override { return *settings_; }
  stoa::logger& log() override { return lines; }
  stoa::metrics& metrics() override { return metrics_; }
  stoa::database& database() override { return database_; }
  stoa::http_client& http() override { return http_; }
  const stoa::clock& clock() const override { return clock_; }
  stoa::domain& domain() override { return inside.facades; }
  bool production() const override { return in_production; }
  std::string public_url() const override { return url; }
  route_table& routes(dialect d) override { return tables[d]; }
  void subscribe(subscription s) override { subscriptions.push_back(std::move(s)); }
  void every(std::string name, milliseconds, std::function<task<done>()> work) override {
    periodic[name] = std::move(work);
  }

  /// The route of a pattern; the request's path parameters are the caller's business.
  const route& find(dialect d, verb v, const std::string& pattern) {
    for (const auto& r : tables[d].all())
      if (r.verb == v && r.pattern == pattern) return r;
    throw std::runtime_error("no route " + pattern);
  }

  fake_domain inside;
  memory_log lines;
  std::map<dialect, route_table> tables;
  std::vector<subscription> subscriptions;
  std::map<std::string, std::function<task<done>()>> periodic;
  bool in_production = false;
  std::string url;

 private:
  std::unique_ptr<settings_view> settings_;
  no_metrics metrics_;
  stoa::database& database_;
  stoa::http_client& http_;
  const stoa::clock& clock_;
};

}  // namespace stoa::testing
