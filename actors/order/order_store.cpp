#include "actors/order/order_store.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "stoa/json.hpp"

namespace stoa::actors::order_store {
namespace {

using address_member = std::pair<const char*, std::string billing_address::*>;
constexpr std::array<address_member, 10> address_members{{
    {"first_name", &billing_address::first_name},
    {"last_name", &billing_address::last_name},
    {"email", &billing_address::email},
    {"address_line1", &billing_address::address_line1},
    {"address_line2", &billing_address::address_line2},
    {"city", &billing_address::city},
    {"state", &billing_address::state},
    {"postal_code", &billing_address::postal_code},
    {"country", &billing_address::country},
    {"phone", &billing_address::phone},
}};

json parsed(std::string_view column) {
  auto document = json::parse(column);
  if (!document) throw std::runtime_error("a JSON column of an order cannot be read");
  return std::move(document).value();
}

std::string text_of(const json& object, std::string_view name) {
  const auto* member = object.find(name);
  return member && member->is_string() ? member->text() : std::string();
}

template <class Id>
Id id_of(const json& object, std::string_view name) {
  auto id = Id::parse(text_of(object, name));
  if (!id) throw std::runtime_error("an order's item has no id");
  return *id;
}

order_item read_item(const json& in) {
  order_item item;
  item.id = id_of<order_item_id>(in, "id");
  item.course = id_of<course_id>(in, "course");
  item.title = text_of(in, "title");
  if (const auto* price = in.find("price")) item.price_minor = price->as_integer().value_or(0);
  return item;
}

}  // namespace

order read(const rows::row& r, std::size_t at) {
  order o;
  o.id = r.as<order_id>(at);
  o.buyer = r.as<user_id>(at + 1);
  o.order_number = r.text(at + 2);
  const auto status = order_status_named(r.raw(at + 3));
  if (!status) throw std::runtime_error("an order has an unknown status");
  o.status = *status;
  o.subtotal_minor = r.integer(at + 4);
  o.discount_minor = r.integer(at + 5);
  o.total_minor = r.integer(at + 6);
  o.currency = r.text(at + 7);
  if (!r.null(at + 8)) {
    const auto document = parsed(r.raw(at + 8));
    auto& address = o.billing.emplace();
    for (const auto& [name, member] : address_members) address.*member = text_of(document, name);
  }
  o.created_at = r.time(at + 9);
  o.completed_at = r.opt_time(at + 10);
  o.receipt_number = r.opt_text(at + 11).value_or("");
  o.payment_provider = r.text(at + 12);
  o.payment_reference = r.text(at + 13);
  o.version = r.integer(at + 14);
  if (!r.null(at + 15)) {
    const auto items = parsed(r.raw(at + 15));
    for (const auto& item : items.items()) o.items.push_back(read_item(item));
  }
  return o;
}

order_page read_page(const rows& r) {
  order_page page;
  if (r.empty()) return page;
  page.count = r.front().integer(0);
  for (auto row : r)
    if (!row.null(1)) page.orders.push_back(read(row, 1));
  return page;
}

std::vector<order_rules::cart_line> read_cart_lines(const rows& r) {
  std::vector<order_rules::cart_line> lines;
  for (auto row : r)
    lines.push_back({row.as<course_id>(0), row.text(1), row.integer(2), row.text(3), row.boolean(4), row.boolean(5)});
  return lines;
}

std::string billing_json(const billing_address& a) {
  json_writer w;
  w.begin_object();
  for (const auto& [name, member] : address_members) w.key(name), w.string(a.*member);
  w.end_object();
  return w.take();
}

payment_completed paid(const order& o) {
  payment_completed out{o.id, o.order_number, o.total_minor, o.currency, {}};
  for (const auto& item : o.items) out.items.push_back({item.course, item.title});
  return out;
}

}  // namespace stoa::actors::order_store
