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

}  // namespace

result<checkout_plan> checkout(const std::vector<cart_line>& cart, const std::optional<order>& pending) {
  if (cart.empty()) return fault(fault_kind::rejected, "CART_EMPTY", "Your cart is empty");
  checkout_plan plan;
  plan.currency = cart.front().currency;
  for (const auto& line : cart) {
    if (!line.published)
      return fault(fault_kind::rejected, "COURSE_NOT_AVAILABLE",
                   "\"" + line.title + "\" is not available any more. Remove it from your cart.");
    if (line.enrolled)
      return fault(fault_kind::conflict, "ALREADY_ENROLLED",
                   "You are already enrolled in \"" + line.title + "\". Remove it from your cart.");
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

result<completion> complete(const order& o, const payment_receipt& payment) {
  if (o.status == order_status::completed) return completion::done_before;
  if (payment.amount_minor != o.total_minor || ascii_lower(payment.currency) != ascii_lower(o.currency))
    return fault(fault_kind::rejected, "AMOUNT_MISMATCH", "The amount paid is not the amount of the order");
  return completion::now;
}

}  // namespace stoa::actors::order_rules
