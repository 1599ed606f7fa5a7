#include "actors/order/order_service.hpp"

#include <functional>

#include "actors/order/order_expiry.hpp"
#include "actors/order/order_scripts.hpp"
#include "actors/order/order_store.hpp"
#include "runtime/entity/host.hpp"
#include "runtime/entity/serial.hpp"
#include "stoa/areas/carts.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/once.hpp"
#include "stoa/text.hpp"

namespace stoa::actors {
namespace {

class order_facade final : public order_service {
 public:
  order_facade(services& s, const order_options& options)
      : services_(s),
        carts_(s.areas),
        enrollments_(s.areas),
        buyers_(s.mailbox, s.actors.ask_timeout()),
        lifetime_(options.pending_lifetime),
        expiry_(s, options.pending_lifetime) {}

  task<done> look_after_pending() override { return expiry_.look(); }

  task<created_order> create_from_cart(user_id buyer, std::optional<billing_address> billing) override {
    checkout_script how = [buyer, billing](connection& db, timestamp now, created_order& out) {
      return order_scripts::checkout(db, buyer, billing, now, out);
    };
    co_return co_await checkout(buyer, std::move(how));
  }

  task<created_order> create_for(user_id buyer, bundle wanted) override {
    checkout_script how = [buyer, wanted](connection& db, timestamp now, created_order& out) {
      return order_scripts::checkout(db, buyer, wanted, now, out);
    };
    co_return co_await checkout(buyer, std::move(how));
  }

  task<order> get(user_id buyer, order_id id) override {
    values v{buyer, id};
    const auto found = co_await services_.db.query(acts_as(buyer), order_store::get, std::move(v));
    if (found.empty()) co_return not_found(order_id{});
    co_return order_store::read(found.front());
  }

  task<order_page> list(user_id buyer, std::optional<order_status> status, int page, int page_size) override {
    values v{buyer, status ? value(name_of(*status)) : value(std::nullopt), page_size,
             static_cast<std::int64_t>(page - 1) * page_size};
    const auto found = co_await services_.db.query(acts_as(buyer), order_store::list, std::move(v));
    co_return order_store::read_page(found);
  }

  task<order> find(order_id id) override {
    values v{id};
    const auto found = co_await services_.db.query(acts_as_system(), order_store::find, std::move(v));
    if (found.empty()) co_return not_found(order_id{});
    co_return order_store::read(found.front());
  }

  task<order> payable(user_id buyer, order_id id) override {
    const auto wanted = co_await get(buyer, id);
    values v{id};
    const auto found = co_await services_.db.query(acts_as(buyer), order_store::owned, std::move(v));
    std::vector<course_id> owned;
    for (const auto& row : found) owned.push_back(row.as<course_id>(0));
    co_await order_rules::payable(wanted, owned, services_.time.now(), lifetime_);
    co_return wanted;
  }

  task<bool> paid_back(payment_receipt refunded) override {
    values v{refunded.provider, refunded.reference, refunded.amount_minor, ascii_lower(refunded.currency),
             services_.time.now()};
    const auto settled =
        co_await services_.db.query(acts_as_system(), order_store::pay_back, std::move(v), lane::commands);
    co_return !settled.empty();
  }

  task<order> complete(order_id id, payment_receipt payment) override {
    auto open = co_await find(id);
    if (open.status != order_status::completed || open.payment_provider != payment.provider ||
        open.payment_reference != payment.reference) {
      std::function<task<order>()> script = [this, buyer = open.buyer, id, payment] { return pay(buyer, id, payment); };
      open = co_await buyers_.run(open.buyer, std::move(script));
      services_.events_written();
    }
    // Also where somebody else completed it: their news may still be on the way, and this caller reads next.
    co_await tell_owners(open.buyer);
    co_return open;
  }

 private:
  using checkout_script = std::function<result<done>(connection&, timestamp, created_order&)>;

  task<created_order> checkout(user_id buyer, checkout_script how) {
    std::function<task<created_order>()> script = [this, buyer, how] { return place(buyer, how); };
    auto made = co_await buyers_.run(buyer, std::move(script));
    if (made.created) {
      services_.events_written();
      expiry_.made(made.order.created_at);
    }
    if (made.order.status == order_status::completed) co_await tell_owners(buyer);
    co_return made;
  }

  task<created_order> place(user_id buyer, checkout_script how) {
    // An index lets one pending order of a cart or bundle live: where another process made it just now, its order is
    // the answer.
    for (int attempt = 0;; ++attempt) {
      std::function<result<created_order>(connection&)> work =
          [how, now = services_.time.now()](connection& db) -> result<created_order> {
        created_order out;
        if (auto made = how(db, now, out); !made) return std::move(made).refusal();
        return out;
      };
      auto outcome = co_await as_result(
          transact_once<created_order>(services_.db, acts_as(buyer), "order.place", std::move(work)));
      if (outcome) co_return std::move(*outcome);
      const auto& refused = outcome.refusal().code;
      if (refused != "order_pending_from_cart" && refused != "order_pending_from_bundle")
        co_return std::move(outcome).refusal();
      if (attempt > 0) co_return runtime::lost_race();
    }
  }

  task<order> pay(user_id buyer, order_id id, payment_receipt payment) {
    auto out = std::make_shared<order>();
    std::function<result<done>(connection&)> work = [id, payment, now = services_.time.now(), out](connection& db) {
      return order_scripts::complete(db, id, payment, now, *out);
    };
    co_await services_.db.in_transaction(acts_as(buyer), std::move(work));
    co_return std::move(*out);
  }

  /// Cart and learner read what the transaction wrote, so that whoever gets the answer sees it. The order stands even
  /// where they cannot just now: then they have nothing in memory and read when asked.
  task<done> tell_owners(user_id buyer) {
    auto cart = carts_->reload(buyer);
    auto learner = enrollments_->reload(buyer);
    co_await as_result(std::move(cart));
    co_await as_result(std::move(learner));
    co_return done{};
  }

  services& services_;
  use_of<stoa::carts> carts_;
  use_of<stoa::enrollments> enrollments_;
  runtime::serial<user_id> buyers_;  ///< one buyer's checkouts and payments, one after another
  const milliseconds lifetime_;      ///< of a pending order
  order_expiry expiry_;
};

}  // namespace

order_service& offer_orders(services& s, const order_options& options) {
  auto facade = std::make_shared<order_facade>(s, options);
  s.areas.offer<stoa::orders>(facade);
  return *facade;
}

subscription owned_orders_subscription(services& s) {
  auto cancel = [&s](connection& db, const batch_of<enrollment_created>& entered) -> result<done> {
    std::vector<user_id> buyers;
    std::vector<course_id> courses;
    for (const auto& e : entered) {
      if (!e.user) continue;
      buyers.push_back(*e.user);
      courses.push_back(e.fact.course_id);
    }
    if (buyers.empty()) return done{};
    const auto gone = db.run(order_store::cancel_owned, {value::array(buyers), value::array(courses)});
    order_store::tell_cancelled(db, gone, "already_owned", s.time.now());
    return done{};
  };
  auto out = consume<enrollment_created>("owned_orders", std::move(cancel), from::now);
  out.committed = [&s](const std::vector<event>&) { s.events_written(); };
  return out;
}

}  // namespace stoa::actors
