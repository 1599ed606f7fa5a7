#include "api/learnflow/learnflow.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

using limits = address_limits;

struct address_in {
  wire::text<1, limits::name> first_name;
  wire::text<1, limits::name> last_name;
  wire::email_text email;
  wire::text<1, limits::line> address_line1;
  std::optional<wire::text<0, limits::line>> address_line2;
  wire::text<1, limits::name> city;
  std::optional<wire::text<0, limits::name>> state;
  std::optional<wire::text<0, limits::postal_code>> postal_code;
  wire::text<1, limits::country> country;
  std::optional<wire::text<0, limits::phone>> phone;
};
BOOST_DESCRIBE_STRUCT(address_in, (),
                      (first_name, last_name, email, address_line1, address_line2, city, state, postal_code, country,
                       phone))

struct create_order {
  std::optional<address_in> billing_address;
};
BOOST_DESCRIBE_STRUCT(create_order, (), (billing_address))

struct address_out {
  std::string first_name, last_name, email, address_line1, address_line2, city, state, postal_code, country, phone;
};
BOOST_DESCRIBE_STRUCT(address_out, (),
                      (first_name, last_name, email, address_line1, address_line2, city, state, postal_code, country,
                       phone))

struct ordered_course {
  course_id id;
  std::string title;
};
BOOST_DESCRIBE_STRUCT(ordered_course, (), (id, title))

struct order_item_out {
  order_item_id id;
  ordered_course course;
  wire::decimal price_at_purchase;
};
BOOST_DESCRIBE_STRUCT(order_item_out, (), (id, course, price_at_purchase))

struct refund_out {
  wire::decimal amount;
  std::string currency;
  std::string reason;
  std::string payment_reference;
  timestamp created_at;
  std::optional<timestamp> paid_back_at;
};
BOOST_DESCRIBE_STRUCT(refund_out, (), (amount, currency, reason, payment_reference, created_at, paid_back_at))

struct order_out {
  order_id id;
  std::string order_number;
  std::string status;
  timestamp created_at;
  std::optional<timestamp> completed_at;
  wire::decimal total_amount, subtotal, discount_amount;
  std::string currency;
  std::int64_t items_count = 0;
  std::vector<order_item_out> items;
  std::optional<address_out> billing_address;
  std::optional<std::string> receipt_number;
  std::vector<refund_out> refunds;
};
BOOST_DESCRIBE_STRUCT(order_out, (),
                      (id, order_number, status, created_at, completed_at, total_amount, subtotal, discount_amount,
                       currency, items_count, items, billing_address, receipt_number, refunds))

struct order_filter {
  wire::word_or<"all", "pending", "completed", "cancelled", "all"> status;
};
BOOST_DESCRIBE_STRUCT(order_filter, (), (status))

order_out to_wire(const order& o) {
  auto out = wire::same_named<order_out, "items", "receipt_number", "refunds">(o);
  out.total_amount = o.total_minor;
  out.subtotal = o.subtotal_minor;
  out.discount_amount = o.discount_minor;
  out.items_count = static_cast<std::int64_t>(o.items.size());
  for (const auto& item : o.items) out.items.push_back({item.id, {item.course, item.title}, item.price_minor});
  if (o.billing) out.billing_address = wire::same_named<address_out>(*o.billing);
  if (!o.receipt_number.empty()) out.receipt_number = o.receipt_number;
  for (const auto& r : o.refunds)
    out.refunds.push_back({r.amount_minor, r.currency, r.reason, r.reference, r.created_at, r.paid_back_at});
  return out;
}

task<answer<order_out>> create_from_cart(const area_parts& a, const request& q, create_order in) {
  std::optional<billing_address> billing;
  if (in.billing_address) billing = wire::same_named<billing_address>(*in.billing_address);
  const auto made = co_await a.domain.orders.create_from_cart(q.who.user, std::move(billing));
  answer<order_out> out;
  out.body = to_wire(made.order);
  out.status = made.created ? 201 : 200;
  co_return out;
}

task<page_of<order_out>> list(const area_parts& a, const request& q, paged<order_filter> in) {
  const auto status = order_status_named(in.status.text());  // none for "all"
  const auto page = static_cast<int>(in.asked.page), size = static_cast<int>(in.asked.size);
  const auto found = co_await a.domain.orders.list(q.who.user, status, page, size);
  page_of<order_out> out{in.asked, found.count, {}};
  for (const auto& o : found.orders) out.items.push_back(to_wire(o));
  co_return out;
}

task<order_out> show(const area_parts& a, const request& q, in_path<"id", order_id> id) {
  const auto found = co_await a.domain.orders.get(q.who.user, *id);
  co_return to_wire(found);
}

}  // namespace

void add_order_routes(route_table& routes, const api::parts_ptr& parts) {
  auto orders = routes.area("orders", parts);
  orders.post("/orders/create-from-cart/",
              {.auth = auth::required,
               .status = 201,
               .summary = "Order what is in the cart; the same cart gives its pending order again (200)",
               .refuses = {fault_kind::rejected, fault_kind::conflict},
               .also = {200}},
              create_from_cart);
  orders.get("/orders/", {.auth = auth::required, .summary = "One's own orders, newest first"}, list);
  orders.get("/orders/{id}/", {.auth = auth::required, .summary = "One of one's own orders", .addition = true}, show);
}

}  // namespace stoa::learnflow
