// Orders: from a cart to courses somebody owns.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/money.hpp"
#include "stoa/registry.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area orders{"orders", 1};
}

enum class order_status { pending, completed, cancelled };
std::string_view name_of(order_status s) noexcept;
std::optional<order_status> order_status_named(std::string_view name) noexcept;

/// Where a bill goes; limits are address_limits.
struct billing_address {
  std::string first_name, last_name, email, address_line1, address_line2, city, state, postal_code, country, phone;
};

BOOST_DESCRIBE_STRUCT(billing_address, (),
                      (first_name, last_name, email, address_line1, address_line2, city, state, postal_code, country,
                       phone))

/// How many characters an address' texts may have.
struct address_limits {
  static constexpr std::size_t name = 150;  ///< of persons, cities and states
  static constexpr std::size_t line = 255;
  static constexpr std::size_t postal_code = 32;
  static constexpr std::size_t country = 100;
  static constexpr std::size_t phone = 50;
};

/// A course at the price for which it was ordered.
struct order_item {
  order_item_id id;
  course_id course;
  std::string title;  ///< as it was when ordered
  std::int64_t price_minor = 0;
};
BOOST_DESCRIBE_STRUCT(order_item, (), (id, course, title, price_minor))

/// Why money that came buys nothing.
enum class refund_reason {
  order_paid_before,  ///< another payment had completed the order
  already_owned,      ///< the buyer had courses of the order by another way
};
std::string_view name_of(refund_reason r) noexcept;

/// Money that came and buys nothing: it is to be paid back.
struct refund_due {
  std::string provider;
  std::string reference;  ///< the payment at the provider; at most one refund of each
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string reason;  ///< the name of a `refund_reason`
  timestamp created_at;
  std::optional<timestamp> paid_back_at;
};
BOOST_DESCRIBE_STRUCT(refund_due, (), (provider, reference, amount_minor, currency, reason, created_at, paid_back_at))

/// What somebody buys or bought, as it was last committed.
struct order {
  order_id id;
  user_id buyer;
  std::string order_number;  ///< ORD-2026-00001
  order_status status = order_status::pending;
  std::int64_t subtotal_minor = 0;
  std::int64_t discount_minor = 0;
  std::int64_t total_minor = 0;
  std::string currency = "usd";
  std::vector<order_item> items;
  std::optional<billing_address> billing;
  timestamp created_at;
  std::optional<timestamp> completed_at;
  std::string receipt_number;  ///< RCP-2026-00001; empty until paid
  std::string payment_provider;
  std::string payment_reference;
  std::int64_t version = 0;
  std::vector<refund_due> refunds;  ///< oldest first
};

BOOST_DESCRIBE_STRUCT(order, (),
                      (id, buyer, order_number, status, subtotal_minor, discount_minor, total_minor, currency, items,
                       billing, created_at, completed_at, receipt_number, payment_provider, payment_reference, version,
                       refunds))

/// One page of a buyer's orders.
struct order_page {
  std::int64_t count = 0;
  std::vector<order> orders;
};

fault not_found(const order_id&);  ///< ORDER_NOT_FOUND
/// AMOUNT_MISMATCH (invalid, field `amount`): a client's claim that is not what is to be paid.
fault other_amount(const money& due);

/// Which payment completed an order, as the provider vouches for it.
struct payment_receipt {
  std::string provider;   ///< `sandbox`, `stripe`
  std::string reference;  ///< the provider's intent id
  std::int64_t amount_minor = 0;
  std::string currency;
};

/// Courses that are bought together for one price, whatever each of them costs by itself.
struct bundle {
  std::string source;  ///< names it among a buyer's orders: `track:DP`
  std::string title;
  std::vector<course_id> courses;
  std::int64_t price_minor = 0;
  std::string currency = "usd";
  std::optional<std::int64_t> claimed_minor = {};  ///< what the buyer expects to pay; another sum is refused
};

/// An order, and whether it is a new one.
struct created_order {
  stoa::order order;
  bool created = true;  ///< false: the same cart or bundle had its pending order already
};
BOOST_DESCRIBE_STRUCT(created_order, (), (order, created))

/// Faults: of create_for NOTHING_TO_BUY (rejected), ALREADY_ENROLLED (conflict)
/// and AMOUNT_MISMATCH (invalid, field `amount`); of create_from_cart CART_EMPTY, COURSE_NOT_AVAILABLE,
/// MIXED_CURRENCIES (rejected) and ALREADY_ENROLLED (conflict); of get, payable, find and complete ORDER_NOT_FOUND
/// (not_found; of get and payable also for another person's); of payable ORDER_NOT_PAYABLE and ALREADY_ENROLLED
/// (conflict); of complete AMOUNT_MISMATCH (rejected). Thread-safe. The core owns it and keeps it for as long as any
/// plugin; who awaits goes on where it was begun.
class orders {
 public:
  static constexpr interface_id interface { areas::orders, "orders" };
  virtual ~orders();

  /// The pending order of the cart as it stands; the same cart gives the same order. An order that costs nothing is
  /// completed at once.
  virtual task<created_order> create_from_cart(user_id buyer, std::optional<billing_address> billing) = 0;
  /// The pending order of a bundle as it stands: of those of its courses that can be bought and that the buyer does not
  /// have. Its price is shared out over its courses as they cost by themselves, and what the buyer has is not paid
  /// again. The same bundle gives the same order; one that costs nothing is completed at once.
  virtual task<created_order> create_for(user_id buyer, bundle wanted) = 0;
  /// `not_found` where the order is not this buyer's.
  virtual task<order> get(user_id buyer, order_id id) = 0;
  /// Newest first; pages count from 1.
  virtual task<order_page> list(user_id buyer, std::optional<order_status> status, int page, int page_size) = 0;

  /// For payment plugins: the order whoever it belongs to.
  virtual task<order> find(order_id id) = 0;
  /// For payment plugins, before money is taken: the order where it may be paid now. It is pending, not too old, costs
  /// something, and the buyer has none of its courses by another way.
  virtual task<order> payable(user_id buyer, order_id id) = 0;
  /// For payment plugins, when money has come: completes a pending order in one transaction: order paid, receipt
  /// numbered, courses enrolled, bought courses taken from the cart, events written. The same payment again answers
  /// with the same order and changes nothing. A cancelled order is completed too, since its money has come. Money that
  /// buys nothing, because the order was paid before or because of courses that the buyer has already, is recorded once
  /// as due for refund: it stands in the answer's `refunds`. Where the buyer has all of the courses, the order is
  /// cancelled instead of completed.
  virtual task<order> complete(order_id id, payment_receipt payment) = 0;
  /// For payment plugins: so much of a payment was paid back. Where at least that was due for refund, it is not any
  /// more. Says whether it was.
  virtual task<bool> paid_back(payment_receipt refunded) = 0;
};

// -- events

/// An event: a cart became an order.
struct order_created {
  static constexpr std::string_view kind = "order.created";
  static constexpr std::string_view about = "A cart became an order.";
  static constexpr std::string_view entity = "the order";
  stoa::order_id order_id;
  std::string order_number;
  std::int64_t total_minor = 0;
  std::string currency;
};
BOOST_DESCRIBE_STRUCT(order_created, (), (order_id, order_number, total_minor, currency))

/// An event: nobody paid a pending order in time; it is cancelled.
struct order_expired {
  static constexpr std::string_view kind = "order.expired";
  static constexpr std::string_view about = "Nobody paid a pending order in time; it is cancelled.";
  static constexpr std::string_view entity = "the order";
  stoa::order_id order_id;
  std::string order_number;
};
BOOST_DESCRIBE_STRUCT(order_expired, (), (order_id, order_number))

/// An event: a pending order will not be paid: its cart has changed (`replaced`), or the buyer has its courses by
/// another order (`overtaken`) or another way (`already_owned`).
struct order_cancelled {
  static constexpr std::string_view kind = "order.cancelled";
  static constexpr std::string_view about =
      "A pending order will not be paid: its cart has changed (`replaced`), or the buyer has its courses by another "
      "order (`overtaken`) or another way (`already_owned`).";
  static constexpr std::string_view entity = "the order";
  stoa::order_id order_id;
  std::string order_number;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(order_cancelled, (), (order_id, order_number, reason))

/// A course that was paid for.
struct paid_course {
  stoa::course_id course_id;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(paid_course, (), (course_id, title))

/// An event: an order that costs something was paid.
struct payment_completed {
  static constexpr std::string_view kind = "payment.completed";
  static constexpr std::string_view about = "An order that costs something was paid.";
  static constexpr std::string_view entity = "the order";
  stoa::order_id order_id;
  std::string order_number;
  std::int64_t total_minor = 0;
  std::string currency;
  std::vector<paid_course> items;
  std::string payment_reference;  ///< the payment at its provider
};
BOOST_DESCRIBE_STRUCT(payment_completed, (), (order_id, order_number, total_minor, currency, items, payment_reference))

/// An event: money came that buys nothing, because the order was paid before (`order_paid_before`) or the buyer has
/// courses of it already (`already_owned`): it is to be paid back.
struct payment_refund_due {
  static constexpr std::string_view kind = "payment.refund_due";
  static constexpr std::string_view about =
      "Money came that buys nothing, because the order was paid before (`order_paid_before`) or the buyer has courses "
      "of it already (`already_owned`): it is to be paid back.";
  static constexpr std::string_view entity = "the order";
  stoa::order_id order_id;
  std::string order_number;
  std::string payment_provider;
  std::string payment_reference;
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(payment_refund_due, (),
                      (order_id, order_number, payment_provider, payment_reference, amount_minor, currency, reason))

}  // namespace stoa
