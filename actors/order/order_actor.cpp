#include <chrono>

#include "actors/actors.hpp"
#include "actors/order/order_facade.hpp"
#include "actors/order/order_rules.hpp"
#include "actors/order/order_store.hpp"
#include "runtime/actor/entity.hpp"

namespace stoa::actors {
namespace {

fault order_not_found() {
  return fault(fault_kind::not_found, "ORDER_NOT_FOUND", "The requested order does not exist");
}

/// The provider of orders that cost nothing.
constexpr const char* no_provider = "none";

int year_of(timestamp t) { return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<days>(t)}.year()); }

/// The writes of a completion, inside the caller's transaction, where `o` is locked and open; `o` becomes what it then
/// is.
void write_completion(connection& db, order& o, const payment_receipt& payment, timestamp now) {
  const auto finished =
      db.run(order_store::finish, {o.id, o.version, year_of(now), now, payment.provider, payment.reference});
  // Locked and read as open in this transaction: nobody can have been faster.
  if (finished.empty()) throw std::logic_error("a locked order was changed by somebody else");
  o.status = order_status::completed;
  o.completed_at = now;
  o.payment_provider = payment.provider;
  o.payment_reference = payment.reference;
  o.receipt_number = finished.front().text(0);
  o.version = finished.front().integer(1);

  std::vector<enrollment_id> enrollments;
  std::vector<course_id> courses;
  std::vector<std::string> titles;
  for (const auto& item : o.items) {
    enrollments.push_back(enrollment_id::make());
    courses.push_back(item.course);
    titles.push_back(item.title);
  }
  const auto bought = value::array(courses);
  if (o.total_minor > 0) db.run(order_store::tell_paid, {o.buyer, o.id, order_store::paid_json(o), now});
  db.run(order_store::enroll, {o.buyer, now, o.id, value::array(enrollments), bought, value::array(titles)});
  db.run(order_store::empty_cart, {o.buyer, now, bought});
  db.run(order_store::cancel_overtaken, {o.buyer, o.id, bought});
}

/// One buyer's checkouts and payments, one after another. It keeps no memory: what stands is what its transactions
/// read, so that another process that serves the same buyer can do no harm.
class order_entity final : public runtime::entity<order_actor> {
 public:
  static constexpr const char* name = "order";

  order_entity(pointer self, services& s, user_id buyer)
      : entity(self, s.db, s.log, s.mailbox), services_(s), buyer_(buyer) {}

  task<created_order> place(place_order c) {
    auto out = std::make_shared<created_order>();
    auto running = in_transaction(
        [buyer = buyer_, billing = std::move(c.billing), now = services_.time.now(), out](connection& db) {
          *out = created_order{};
          return checkout(db, buyer, billing, now, *out);
        });
    auto outcome = co_await as_result(std::move(running));
    // The index lets one pending order of a cart live: another process made it just now.
    if (!outcome && outcome.refusal().code == "order_pending_from_cart") co_return runtime::lost_race();
    co_await std::move(outcome);
    co_return std::move(*out);
  }

  task<order> complete(complete_order c) {
    auto out = std::make_shared<order>();
    auto running = in_transaction(
        [buyer = buyer_, c = std::move(c), now = services_.time.now(), out](connection& db) -> result<done> {
          db.run(order_store::act_as, {buyer});
          const auto found = db.run(order_store::lock, {c.order});
          if (found.empty()) return order_not_found();
          *out = order_store::read(found.front());
          auto wanted = order_rules::complete(*out, c.payment);
          if (!wanted) return std::move(wanted).refusal();
          if (*wanted == order_rules::completion::now) write_completion(db, *out, c.payment, now);
          return done{};
        });
    co_await std::move(running);
    co_return std::move(*out);
  }

 protected:
  task<done> load() override { co_return done{}; }

 private:
  static result<done> checkout(connection& db, user_id buyer, const std::optional<billing_address>& billing,
                               timestamp now, created_order& out) {
    db.run(order_store::act_as, {buyer});
    std::optional<order> pending;
    const auto waiting = db.run(order_store::lock_pending, {buyer});
    if (!waiting.empty()) pending = order_store::read(waiting.front());
    const auto lines = order_store::read_cart_lines(db.run(order_store::cart_lines, {buyer}));
    auto plan = order_rules::checkout(lines, pending);
    if (!plan) return std::move(plan).refusal();

    const value address = billing ? value(order_store::billing_json(*billing)) : value(std::nullopt);
    if (plan->keep_pending) {
      out.created = false;
      out.order = std::move(*pending);
      if (billing && (!out.order.billing || order_store::billing_json(*out.order.billing) != *address.text())) {
        out.order.version = db.run(order_store::bill_to, {out.order.id, address}).front().integer(0);
        out.order.billing = billing;
      }
      return done{};
    }
    if (plan->cancel_pending) db.run(order_store::cancel, {pending->id});

    order& o = out.order;
    o.id = order_id::make();
    o.buyer = buyer;
    o.subtotal_minor = o.total_minor = plan->total_minor;
    o.currency = plan->currency;
    o.billing = billing;
    o.created_at = now;
    o.version = 1;
    std::vector<order_item_id> ids;
    std::vector<course_id> courses;
    std::vector<std::string> titles, prices;
    for (const auto& line : lines) {
      o.items.push_back({order_item_id::make(), line.course, line.title, line.price_minor});
      ids.push_back(o.items.back().id);
      courses.push_back(line.course);
      titles.push_back(line.title);
      prices.push_back(std::to_string(line.price_minor));
    }
    o.order_number = db.run(order_store::insert,
                            {o.id, buyer, year_of(now), o.total_minor, o.currency, address, now, value::array(ids),
                             value::array(courses), value::array(titles), value::array(prices)})
                         .front()
                         .text(0);
    if (o.total_minor == 0) {
      payment_receipt nothing{no_provider, "", 0, o.currency};
      write_completion(db, o, nothing, now);
    }
    return done{};
  }

  services& services_;
  user_id buyer_;
};

order_actor::behavior_type order_behavior(order_actor::stateful_pointer<runtime::held<order_entity>> self, services* s,
                                          user_id buyer) {
  auto& me = self->state.emplace(self, *s, buyer);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](place_order& c) { return me.enqueue<created_order>([&me, c = std::move(c)] { return me.place(c); }); },
      [&me](complete_order& c) { return me.enqueue<order>([&me, c = std::move(c)] { return me.complete(c); }); },
  };
}

class order_facade final : public stoa::orders {
 public:
  explicit order_facade(services& s)
      : services_(s), directory_("order", s.actors, s.time, [this](const user_id& buyer) {
          return services_.actors.caf().spawn(order_behavior, &services_, buyer);
        }) {
    s.directories.push_back(&directory_);
  }

  task<created_order> create_from_cart(user_id buyer, std::optional<billing_address> billing) override {
    place_order command{std::move(billing)};
    auto asking = directory_.ask<created_order>(buyer, std::move(command));
    auto made = co_await std::move(asking);
    if (made.created) services_.events_written();
    if (made.order.status == order_status::completed) {
      auto telling = tell_owners(buyer);
      co_await std::move(telling);
    }
    co_return made;
  }

  task<order> get(user_id buyer, order_id id) override {
    values v{buyer, id};
    auto reading = services_.db.query(order_store::get, std::move(v));
    const auto found = co_await std::move(reading);
    if (found.empty()) co_return order_not_found();
    co_return order_store::read(found.front());
  }

  task<order_page> list(user_id buyer, std::optional<order_status> status, int page, int page_size) override {
    values v{buyer, status ? value(name_of(*status)) : value(std::nullopt), page_size,
             static_cast<std::int64_t>(page - 1) * page_size};
    auto reading = services_.db.query(order_store::list, std::move(v));
    const auto found = co_await std::move(reading);
    co_return order_store::read_page(found);
  }

  task<order> find(order_id id) override {
    values v{id};
    auto reading = services_.db.query(order_store::find, std::move(v));
    const auto found = co_await std::move(reading);
    if (found.empty()) co_return order_not_found();
    co_return order_store::read(found.front());
  }

  task<order> complete(order_id id, payment_receipt payment) override {
    auto looking = find(id);
    auto open = co_await std::move(looking);
    if (open.status != order_status::completed) {
      complete_order command{id, std::move(payment)};
      auto asking = directory_.ask<order>(open.buyer, std::move(command));
      open = co_await std::move(asking);
      services_.events_written();
    }
    // Also where somebody else completed it: their news may still be on the way, and this caller reads next.
    auto telling = tell_owners(open.buyer);
    co_await std::move(telling);
    co_return open;
  }

 private:
  /// Cart and learner read what the transaction wrote, so that whoever gets the answer sees it. The order stands even
  /// where they cannot just now: then they have nothing in memory and read when asked.
  task<done> tell_owners(user_id buyer) {
    auto cart = services_.carts->reload(buyer);
    auto learner = services_.enrollments->reload(buyer);
    co_await as_result(std::move(cart));
    co_await as_result(std::move(learner));
    co_return done{};
  }

  services& services_;
  runtime::directory<user_id, order_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::orders> make_orders(services& s) {
  auto facade = std::make_unique<order_facade>(s);
  s.orders = facade.get();
  return facade;
}

}  // namespace stoa::actors
