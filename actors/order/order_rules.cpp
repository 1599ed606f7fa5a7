#include "actors/order/order_rules.hpp"

#include <algorithm>
#include <utility>

#include "stoa/text.hpp"

namespace stoa::actors::order_rules {
namespace {

using priced = std::pair<course_id, std::int64_t>;

bool same_cart(const std::vector<cart_line>& cart, const order& o) {
  std::vector<priced> wanted, ordered;
  for (const auto& line : cart) wanted.emplace_back(line.course, line.price_minor);
  for (const auto& item : o.items) ordered.emplace_back(item.course, item.price_minor);
  std::sort(wanted.begin(), wanted.end());
  std::sort(ordered.begin(), ordered.end());
  return wanted == ordered;
}

bool holds(const std::vector<course_id>& courses, course_id wanted) {
  return std::find(courses.begin(), courses.end(), wanted) != courses.end();
}

fault enrolled_already(const std::string& title, const char* advice) {
  return {fault_kind::conflict, "ALREADY_ENROLLED", "You are already enrolled in \"" + title + "\". " + advice};
}

/// That part of the total which is paid for the owned courses: a discount lowers all prices alike.
std::int64_t paid_for(const order& o, const std::vector<course_id>& owned) {
  std::int64_t prices = 0;
  for (const auto& item : o.items)
    if (holds(owned, item.course)) prices += item.price_minor;
  if (o.discount_minor == 0) return prices;
  return (2 * prices * o.total_minor + o.subtotal_minor) / (2 * o.subtotal_minor);  // half up
}

}  // namespace

result<checkout_plan> checkout(const std::vector<cart_line>& cart, const std::optional<order>& pending) {
  if (cart.empty()) return fault(fault_kind::rejected, "CART_EMPTY", "Your cart is empty");
  checkout_plan plan;
  plan.currency = cart.front().currency;
  for (const auto& line : cart) {
    if (!line.published)
      return fault(fault_kind::rejected, "COURSE_NOT_AVAILABLE",
                   "\"" + line.title + "\" is not available any more. Remove it from your cart.");
    if (line.enrolled) return enrolled_already(line.title, "Remove it from your cart.");
    if (line.currency != plan.currency)
      return fault(fault_kind::rejected, "MIXED_CURRENCIES",
                   "\"" + line.title + "\" is priced in another currency. Order it by itself.");
    plan.total_minor += line.price_minor;
  }
  if (pending) {
    plan.keep_pending = pending->currency == plan.currency && same_cart(cart, *pending);
    plan.cancel_pending = !plan.keep_pending;
  }
  return plan;
}

result<done> payable(const order& o, const std::vector<course_id>& owned, timestamp now, milliseconds lifetime) {
  if (o.status != order_status::pending || o.total_minor <= 0 || o.created_at + lifetime <= now)
    return fault(fault_kind::conflict, "ORDER_NOT_PAYABLE", "This order cannot be paid any more.");
  for (const auto& item : o.items)
    if (holds(owned, item.course)) return enrolled_already(item.title, "Order the rest of your cart anew.");
  return done{};
}

result<completion> complete(const order& o, const payment_receipt& payment, const std::vector<course_id>& owned) {
  if (o.status == order_status::completed) {
    const bool same = payment.provider == o.payment_provider && payment.reference == o.payment_reference;
    return same ? completion::done_before : completion::buys_nothing;
  }
  if (payment.amount_minor != o.total_minor || ascii_lower(payment.currency) != ascii_lower(o.currency))
    return fault(fault_kind::rejected, "AMOUNT_MISMATCH", "The amount paid is not the amount of the order");
  const bool all_owned = !o.items.empty() && std::all_of(o.items.begin(), o.items.end(),
                                                         [&](const auto& item) { return holds(owned, item.course); });
  return all_owned ? completion::buys_nothing : completion::now;
}

std::optional<refund_due> refund(const order& o, const payment_receipt& payment, const std::vector<course_id>& owned,
                                 timestamp now) {
  const bool paid_before = o.status == order_status::completed;
  refund_due out{payment.provider, payment.reference, 0, ascii_lower(payment.currency), "", now, std::nullopt};
  out.reason = name_of(paid_before ? refund_reason::order_paid_before : refund_reason::already_owned);
  out.amount_minor = paid_before ? payment.amount_minor : paid_for(o, owned);
  if (out.amount_minor <= 0) return std::nullopt;
  return out;
}

}  // namespace stoa::actors::order_rules
