// The rules of checkout and payment: pure functions over what the transaction has read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/orders.hpp"
#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa::actors::order_rules {

/// A course in the cart, as its row says now.
struct cart_line {
  course_id course;
  std::string title;
  std::int64_t price_minor = 0;
  std::string currency;
  bool published = true;
  bool enrolled = false;  ///< the buyer has it already
};
BOOST_DESCRIBE_STRUCT(cart_line, (), (course, title, price_minor, currency, published, enrolled))

/// What a checkout does.
struct checkout_plan {
  bool keep_pending = false;    ///< the pending order is of this very cart: it is the answer
  bool cancel_pending = false;  ///< it is of another cart: it goes
  std::int64_t total_minor = 0;
  std::string currency;
};

/// CART_EMPTY, COURSE_NOT_AVAILABLE (a course was withdrawn), MIXED_CURRENCIES (rejected), ALREADY_ENROLLED (conflict);
/// the messages name the course. A course whose price has changed makes another cart of it.
result<checkout_plan> checkout(const std::vector<cart_line>& cart, const std::optional<order>& pending);

/// What of a bundle is ordered: `lines` are its courses as their rows say now, in its order, and come back at their
/// shares of its price, without those that cannot be bought or that the buyer has. The plan is as of a cart.
/// NOTHING_TO_BUY (rejected), ALREADY_ENROLLED (conflict), AMOUNT_MISMATCH (invalid, field `amount`).
result<checkout_plan> checkout(const bundle& wanted, std::vector<cart_line>& lines,
                               const std::optional<order>& pending);

/// A price shared out by weights, to the last minor unit: the largest remainders get what is over, the first of equal
/// ones. Alike where all weights are zero.
std::vector<std::int64_t> shares(std::int64_t price, const std::vector<std::int64_t>& weights);

/// Whether money may be taken for an order; `owned` are those of its courses that the buyer has by another way, and
/// `lifetime` is how long it waits for its payment. ORDER_NOT_PAYABLE, ALREADY_ENROLLED (conflict).
result<done> payable(const order& o, const std::vector<course_id>& owned, timestamp now, milliseconds lifetime);

enum class completion {
  now,
  done_before,   ///< by this very payment
  buys_nothing,  ///< paid before by another, or all of it owned
};

/// What a payment does to an order. A completed order stays as it is, whatever comes; a cancelled one whose money came
/// is honoured. AMOUNT_MISMATCH where the order is still open.
result<completion> complete(const order& o, const payment_receipt& payment, const std::vector<course_id>& owned);

/// What of a payment that came is to be paid back; none where all of it buys something. `o` is the order before the
/// payment.
std::optional<refund_due> refund(const order& o, const payment_receipt& payment, const std::vector<course_id>& owned,
                                 timestamp now);

}  // namespace stoa::actors::order_rules
