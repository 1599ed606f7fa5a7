#include "actors/order/order_store.hpp"

#include <stdexcept>

#include "stoa/json.hpp"
#include "stoa/wire.hpp"

namespace stoa {

void read_column(const rows::row& r, std::size_t column, order_status& out) {
  const auto status = order_status_named(r.raw(column));
  if (!status) throw std::runtime_error("an order has an unknown status");
  out = *status;
}

namespace {

/// What a JSON column holds. Only our own statements write them.
template <class T>
void read_json(const rows::row& r, std::size_t column, T& out) {
  const auto document = json::parse(r.raw(column));
  wire::problems bad;
  if (document) wire::decode(document.value(), "", out, bad);
  if (!document || !bad.empty()) throw std::runtime_error("a JSON column of an order cannot be read");
}

}  // namespace

void read_column(const rows::row& r, std::size_t column, billing_address& out) { read_json(r, column, out); }

}  // namespace stoa

namespace stoa::actors::order_store {

order read(const rows::row& r, std::size_t at) {
  auto o = read_columns<order>(r, at);
  constexpr auto items = column_count<order>, refunds = items + 1;
  if (!r.null(at + items)) read_json(r, at + items, o.items);
  if (!r.null(at + refunds)) read_json(r, at + refunds, o.refunds);
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
  for (const auto& row : r) lines.push_back(read_columns<order_rules::cart_line>(row));
  return lines;
}

std::string billing_json(const billing_address& a) { return wire::write(a); }

payment_completed paid(const order& o) {
  payment_completed out{o.id, o.order_number, o.total_minor, o.currency, {}, {}};
  for (const auto& item : o.items) out.items.push_back({item.course, item.title});
  out.payment_reference = o.payment_reference;
  return out;
}

void tell_cancelled(connection& db, const rows& gone, std::string_view reason, timestamp now) {
  if (gone.empty()) return;
  event_rows told(now);
  for (const auto& row : gone) {
    const auto o = read_columns<closed>(row);
    told.tell(o.user, o.id, order_cancelled{o.id, o.order_number, std::string(reason)});
  }
  db.run(tell, {told});
}

}  // namespace stoa::actors::order_store
