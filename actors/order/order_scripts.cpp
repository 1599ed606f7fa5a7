#include "actors/order/order_scripts.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "actors/cart/cart_steps.hpp"
#include "actors/enrollment/enrollment_steps.hpp"
#include "actors/order/order_rules.hpp"
#include "actors/order/order_store.hpp"
#include "stoa/areas/enrollments.hpp"

namespace stoa::actors::order_scripts {
namespace {

/// The provider of orders that cost nothing.
constexpr const char* no_provider = "none";

int year_of(timestamp t) { return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<days>(t)}.year()); }

std::vector<course_id> owned_of(connection& db, const order& o) {
  std::vector<course_id> owned;
  for (const auto& row : db.run(order_store::owned, {o.id})) owned.push_back(row.as<course_id>(0));
  return owned;
}

/// Records once what is to be paid back, and tells it.
void owe(connection& db, order& o, const refund_due& due) {
  const auto made = db.run(order_store::owe_refund, {o.id, o.buyer, due.provider, due.reference, due.amount_minor,
                                                     due.currency, due.reason, due.created_at});
  if (made.empty()) return;
  o.refunds.push_back(due);
  const payment_refund_due told{o.id,         o.order_number, due.provider, due.reference, due.amount_minor,
                                due.currency, due.reason};
  db.run(order_store::tell, {event_rows(due.created_at).tell(o.buyer, o.id, told)});
}

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

  std::vector<enrollment_steps::course_entered> entered;
  std::vector<course_id> courses;
  for (const auto& item : o.items) {
    entered.push_back({item.course, item.title});
    courses.push_back(item.course);
  }
  if (o.total_minor > 0) db.run(order_store::tell, {event_rows(now).tell(o.buyer, o.id, order_store::paid(o))});
  enrollment_steps::enroll_within(db, o.buyer, o.id, entered, now);
  cart_steps::take_within(db, o.buyer, courses, now);
  const auto overtaken = db.run(order_store::cancel_overtaken, {o.buyer, o.id, value::array(courses)});
  order_store::tell_cancelled(db, overtaken, "overtaken", now);
}

std::optional<order> lock_pending(connection& db, user_id buyer, const std::string& source) {
  const auto waiting = db.run(order_store::lock_pending, {buyer, source});
  if (waiting.empty()) return std::nullopt;
  return order_store::read(waiting.front());
}

/// What a checkout comes to: the pending order that it keeps, or a new one in the place of another.
void place(connection& db, user_id buyer, const std::string& source, const order_rules::checkout_plan& plan,
           const std::vector<order_rules::cart_line>& lines, std::optional<order> pending,
           const std::optional<billing_address>& billing, timestamp now, created_order& out) {
  const value address = billing ? value(order_store::billing_json(*billing)) : value(std::nullopt);
  if (plan.keep_pending) {
    out.created = false;
    out.order = std::move(*pending);
    if (billing && (!out.order.billing || order_store::billing_json(*out.order.billing) != *address.text())) {
      out.order.version = db.run(order_store::bill_to, {out.order.id, address}).front().integer(0);
      out.order.billing = billing;
    }
    return;
  }
  if (plan.cancel_pending) order_store::tell_cancelled(db, db.run(order_store::cancel, {pending->id}), "replaced", now);

  order& o = out.order;
  o.id = order_id::make();
  o.buyer = buyer;
  o.subtotal_minor = o.total_minor = plan.total_minor;
  o.currency = plan.currency;
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
  event_rows placed(now);
  placed.tell(buyer, o.id, order_created{o.id, "", o.total_minor, o.currency});
  o.order_number = db.run(order_store::insert,
                          {o.id, buyer, year_of(now), o.total_minor, o.currency, address, now, value::array(ids),
                           value::array(courses), value::array(titles), value::array(prices), placed, source})
                       .front()
                       .text(0);
  if (o.total_minor == 0) {
    payment_receipt nothing{no_provider, "", 0, o.currency};
    write_completion(db, o, nothing, now);
  }
}

}  // namespace

result<done> checkout(connection& db, user_id buyer, const std::optional<billing_address>& billing, timestamp now,
                      created_order& out) {
  auto pending = lock_pending(db, buyer, order_store::from_cart);
  const auto lines = order_store::read_cart_lines(db.run(order_store::cart_lines, {buyer}));
  auto plan = order_rules::checkout(lines, pending);
  if (!plan) return std::move(plan).refusal();
  place(db, buyer, order_store::from_cart, *plan, lines, std::move(pending), billing, now, out);
  return done{};
}

result<done> checkout(connection& db, user_id buyer, const bundle& wanted, timestamp now, created_order& out) {
  auto pending = lock_pending(db, buyer, wanted.source);
  auto lines = order_store::read_cart_lines(db.run(order_store::bundle_lines, {buyer, value::array(wanted.courses)}));
  auto plan = order_rules::checkout(wanted, lines, pending);
  if (!plan) return std::move(plan).refusal();
  place(db, buyer, wanted.source, *plan, lines, std::move(pending), std::nullopt, now, out);
  return done{};
}

result<done> complete(connection& db, order_id id, const payment_receipt& payment, timestamp now, order& out) {
  const auto found = db.run(order_store::lock, {id});
  if (found.empty()) return not_found(order_id{});
  out = order_store::read(found.front());
  auto owned = owned_of(db, out);
  auto wanted = order_rules::complete(out, payment, owned);
  if (!wanted) return std::move(wanted).refusal();
  if (*wanted == order_rules::completion::done_before) return done{};
  const order before = out;
  if (*wanted == order_rules::completion::now) {
    write_completion(db, out, payment, now);
    // A course that was entered by another way in this very moment is known only now.
    owned = owned_of(db, out);
  } else if (out.status == order_status::pending) {
    order_store::tell_cancelled(db, db.run(order_store::cancel, {out.id}), "already_owned", now);
    out.status = order_status::cancelled;
    ++out.version;
  }
  if (const auto due = order_rules::refund(before, payment, owned, now)) owe(db, out, *due);
  return done{};
}

}  // namespace stoa::actors::order_scripts
