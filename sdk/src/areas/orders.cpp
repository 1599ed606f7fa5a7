#include "stoa/areas/orders.hpp"

namespace stoa {

std::string_view name_of(order_status s) noexcept {
  switch (s) {
    case order_status::pending:
      return "pending";
    case order_status::completed:
      return "completed";
    case order_status::cancelled:
      return "cancelled";
  }
  return "";
}

std::optional<order_status> order_status_named(std::string_view name) noexcept {
  for (const auto s : {order_status::pending, order_status::completed, order_status::cancelled})
    if (name_of(s) == name) return s;
  return std::nullopt;
}

std::string_view name_of(refund_reason r) noexcept {
  switch (r) {
    case refund_reason::order_paid_before:
      return "order_paid_before";
    case refund_reason::already_owned:
      return "already_owned";
  }
  return "";
}

fault other_amount(const money& due) {
  fault f = fault::field("amount", "The amount to pay is " + due.decimal() + " " + due.currency + ".");
  f.code = "AMOUNT_MISMATCH";
  return f;
}

orders::~orders() = default;

fault not_found(const order_id&) {
  return {fault_kind::not_found, "ORDER_NOT_FOUND", "The requested order does not exist"};
}

}  // namespace stoa
