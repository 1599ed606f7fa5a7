// Checkout and completion: use cases that span order, enrolments and cart. Each is one transaction; neither keeps a
// memory, so that another process that serves the same buyer can do no harm.
#pragma once

#include <optional>

#include "stoa/areas/orders.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::order_scripts {

/// The pending order of the cart as it stands; one that costs nothing is completed at once. Refusals are those of
/// order_rules::checkout.
result<done> checkout(connection& db, user_id buyer, const std::optional<billing_address>& billing, timestamp now,
                      created_order& out);

/// The same of a bundle.
result<done> checkout(connection& db, user_id buyer, const bundle& wanted, timestamp now, created_order& out);

/// Takes a payment: order, receipt, enrolments and cart, and what of it is due for refund. ORDER_NOT_FOUND, and the
/// refusals of order_rules::complete.
result<done> complete(connection& db, order_id id, const payment_receipt& payment, timestamp now, order& out);

}  // namespace stoa::actors::order_scripts
