// What a buyer's orders can be told.
#pragma once

#include <optional>

#include "stoa/areas/orders.hpp"
#include "stoa/result.hpp"

namespace stoa::actors {

struct place_order {
  std::optional<billing_address> billing;
};
struct complete_order {
  order_id order;
  payment_receipt payment;
};

}  // namespace stoa::actors
