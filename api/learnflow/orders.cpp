#include "api/learnflow/orders.hpp"

#include "api/learnflow/page_of.hpp"

namespace stoa::learnflow {
namespace {

struct address_in {
  wire::text<1, 150> first_name;
  wire::text<1, 150> last_name;
  wire::email_text email;
  wire::text<1, 255> address_line1;
  std::optional<wire::text<0, 255>> address_line2;
  wire::text<1, 150> city;
  std::optional<wire::text<0, 150>> state;
  std::optional<wire::text<0, 32>> postal_code;
  wire::text<1, 100> country;
  std::optional<wire::text<0, 50>> phone;
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
};
BOOST_DESCRIBE_STRUCT(order_out, (),
                      (id, order_number, status, created_at, completed_at, total_amount, subtotal, discount_amount,
                       currency, items_count, items, billing_address, receipt_number))

struct order_filter {
  std::optional<wire::choice<"pending", "completed", "cancelled", "all">> status;
  std::optional<std::int64_t> page, page_size;
};
BOOST_DESCRIBE_STRUCT(order_filter, (), (status, page, page_size))

billing_address from_wire(address_in in) {
  billing_address a;
  a.first_name = std::move(in.first_name);
  a.last_name = std::move(in.last_name);
  a.email = std::move(in.email);
  a.address_line1 = std::move(in.address_line1);
  if (in.address_line2) a.address_line2 = std::move(*in.address_line2);
  a.city = std::move(in.city);
  if (in.state) a.state = std::move(*in.state);
  if (in.postal_code) a.postal_code = std::move(*in.postal_code);
  a.country = std::move(in.country);
  if (in.phone) a.phone = std::move(*in.phone);
  return a;
}

order_out to_wire(const order& o) {
  order_out out;
  out.id = o.id;
  out.order_number = o.order_number;
  out.status = name_of(o.status);
  out.created_at = o.created_at;
  out.completed_at = o.completed_at;
  out.total_amount = o.total_minor;
  out.subtotal = o.subtotal_minor;
  out.discount_amount = o.discount_minor;
  out.currency = o.currency;
  out.items_count = static_cast<std::int64_t>(o.items.size());
  for (const auto& item : o.items) out.items.push_back({item.id, {item.course, item.title}, item.price_minor});
  if (o.billing) {
    const auto& a = *o.billing;
    out.billing_address = address_out{a.first_name, a.last_name, a.email,       a.address_line1, a.address_line2,
                                      a.city,       a.state,     a.postal_code, a.country,       a.phone};
  }
  if (!o.receipt_number.empty()) out.receipt_number = o.receipt_number;
  return out;
}

}  // namespace

void add_order_routes(route_table& routes, stoa::domain& domain) {
  routes.post<create_order, answer<order_out>>(
      "/orders/create-from-cart/",
      {.auth = auth::required,
       .status = 201,
       .summary = "Order what is in the cart; the same cart gives its pending order again (200)",
       .tag = "orders"},
      [&domain](const request& q, create_order in) -> task<answer<order_out>> {
        std::optional<billing_address> billing;
        if (in.billing_address) billing = from_wire(std::move(*in.billing_address));
        auto ordering = domain.orders.create_from_cart(q.who.user, std::move(billing));
        const auto made = co_await std::move(ordering);
        answer<order_out> out;
        out.body = to_wire(made.order);
        out.status = made.created ? 201 : 200;
        co_return out;
      });

  routes.get<order_filter, page_of<order_out>>(
      "/orders/", {.auth = auth::required, .summary = "One's own orders, newest first", .tag = "orders"},
      [&domain](const request& q, order_filter in) -> task<page_of<order_out>> {
        const auto page = co_await http::read_page(q);
        std::optional<order_status> status;
        if (in.status) status = order_status_named(*in.status);
        auto reading = domain.orders.list(q.who.user, status, page.page, page.size);
        const auto found = co_await std::move(reading);
        auto out = page_of<order_out>::of(q, page, found.count);
        for (const auto& o : found.orders) out.results.push_back(to_wire(o));
        co_return out;
      });

  routes.get<wire::nothing, order_out>(
      "/orders/{id}/", {.auth = auth::required, .summary = "One of one's own orders", .tag = "orders"},
      [&domain](const request& q, wire::nothing) -> task<order_out> {
        fault unknown(fault_kind::not_found, "ORDER_NOT_FOUND", "The requested order does not exist");
        const auto id = co_await q.path_id<order_id>("id", std::move(unknown));
        auto reading = domain.orders.get(q.who.user, id);
        const auto found = co_await std::move(reading);
        co_return to_wire(found);
      });
}

}  // namespace stoa::learnflow
