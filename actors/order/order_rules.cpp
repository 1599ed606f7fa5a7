#include "actors/order/order_rules.hpp"

#include <algorithm>
#include <numeric>
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

/// What becomes of the pending order of the same source.
void look_at(const std::optional<order>& pending, const std::vector<cart_line>& lines, checkout_plan& plan) {
  if (!pending) return;
  plan.keep_pending = pending->currency == plan.currency && same_cart(lines, *pending);
  plan.cancel_pending = !plan.keep_pending;
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
  look_at(pending, cart, plan);
  return plan;
}

std::vector<std::int64_t> shares(std::int64_t price, const std::vector<std::int64_t>& weights) {
  std::vector<std::int64_t> parts(weights.size()), rest(weights.size());
  if (weights.empty()) return parts;
  const auto all = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  const auto sum = all > 0 ? all : static_cast<std::int64_t>(weights.size());
  auto over = price;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    // 128 bits: a price times the sum of many others.
    const auto exact = static_cast<__int128>(price) * (all > 0 ? weights[i] : 1);
    parts[i] = static_cast<std::int64_t>(exact / sum);
    rest[i] = static_cast<std::int64_t>(exact % sum);
    over -= parts[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rest[a] > rest[b]; });
  for (std::size_t i = 0; over > 0; ++i, --over) ++parts[order[i]];
  return parts;
}

result<checkout_plan> checkout(const bundle& wanted, std::vector<cart_line>& lines,
                               const std::optional<order>& pending) {
  std::erase_if(lines, [](const auto& line) { return !line.published && !line.enrolled; });
  if (lines.empty())
    return fault(fault_kind::rejected, "NOTHING_TO_BUY", "\"" + wanted.title + "\" has no course to buy yet.");
  std::vector<std::int64_t> prices;
  const bool comparable = std::all_of(lines.begin(), lines.end(),
                                      [&](const auto& line) { return line.currency == lines.front().currency; });
  for (const auto& line : lines) prices.push_back(comparable ? line.price_minor : 0);
  const auto parts = shares(wanted.price_minor, prices);
  checkout_plan plan;
  plan.currency = wanted.currency;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i].price_minor = parts[i];
    lines[i].currency = wanted.currency;
    if (!lines[i].enrolled) plan.total_minor += parts[i];
  }
  std::erase_if(lines, [](const auto& line) { return line.enrolled; });
  if (lines.empty())
    return fault(fault_kind::conflict, "ALREADY_ENROLLED",
                 "You are already enrolled in all courses of \"" + wanted.title + "\".");
  if (wanted.claimed_minor && *wanted.claimed_minor != plan.total_minor)
    return other_amount({plan.total_minor, plan.currency});
  look_at(pending, lines, plan);
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
