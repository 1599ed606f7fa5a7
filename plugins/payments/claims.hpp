// What a client says it pays, without having made an order: the server finds what that can mean, or refuses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stoa/areas/orders.hpp"
#include "stoa/plugin.hpp"
#include "stoa/wire_types.hpp"

namespace stoa_plugin::payments {

/// A claim, never a price.
struct payment_claim {
  std::int64_t amount_minor = 0;
  std::string currency;                 ///< in lower case
  std::optional<stoa::order_id> order;  ///< this order
  std::string track;                    ///< or this track
  std::string
      course;  ///< or this course, by its slug, number or id; none: a pending order of that sum, or one's own track
};

/// The amount in the currency's minor units; refused (field `amount`) where it has parts that the currency lacks.
stoa::result<std::int64_t> minor_of(const stoa::wire::decimal& amount, const std::string& currency);

/// The newest of these orders that costs exactly this; null where none does.
const stoa::order* of_amount(const std::vector<stoa::order>& pending, const payment_claim& said);

/// The pending order that the claim is about. Faults: AMOUNT_MISMATCH (invalid, field `amount`), TRACK_NOT_FOUND,
/// COURSE_NOT_FOUND, TRACK_NOT_SOLD and COURSE_NOT_SOLD (rejected), those of `orders::payable` and
/// `orders::create_for`.
stoa::task<stoa::order> claimed_order(stoa::plugin_host& host, stoa::user_id buyer, payment_claim said);

}  // namespace stoa_plugin::payments
