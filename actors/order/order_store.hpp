// The SQL of orders. Checkout and completion are transactions of several statements, in the name of the buyer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/order/order_rules.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::order_store {

// The columns that `read` expects, of a row `o`.
#define STOA_ORDER_COLUMNS                                                                                             \
  "o.id, o.user_id, o.order_number, o.status, o.subtotal_minor, o.discount_minor, o.total_minor, o.currency, "         \
  "o.billing, o.created_at, o.completed_at, o.receipt_number, o.payment_provider, o.payment_reference, o.version, "    \
  "(select jsonb_agg(jsonb_build_object('id', i.id, 'course', i.course_id, 'title', i.title, 'price', i.price_minor) " \
  "order by i.position) from order_item i where i.order_id = o.id) "

// -- reads --

inline constexpr statement get{"order.get", "select " STOA_ORDER_COLUMNS
                                            "from customer_order o "
                                            "where o.id = :p2::uuid and o.user_id = :p1::uuid"};

inline constexpr statement find{"order.find",
                                "select " STOA_ORDER_COLUMNS "from customer_order o where o.id = :p1::uuid"};

/// The count of all matches leads each row; one row without an order where the page is empty. :p2 is a status or null.
inline constexpr statement list{
    "order.list",
    "select (select count(*) from customer_order c where c.user_id = :p1::uuid "
    "        and (:p2::text is null or c.status = :p2::text)), " STOA_ORDER_COLUMNS
    "from (select 1) one left join lateral "
    "  (select * from customer_order m where m.user_id = :p1::uuid "
    "   and (:p2::text is null or m.status = :p2::text) "
    "   order by m.created_at desc, m.id desc limit :p3::bigint offset :p4::bigint) o on true "
    "order by o.created_at desc, o.id desc"};

// -- checkout --

inline constexpr statement lock_pending{
    "order.lock_pending",
    "select " STOA_ORDER_COLUMNS
    "from customer_order o where o.user_id = :p1::uuid and o.status = 'pending' and o.source = 'cart' for update of o"};

/// The cart as it stands, with what the courses cost now.
inline constexpr statement cart_lines{"order.cart_lines", R"(
  select c.id, c.title, c.price_minor, c.currency, c.status = 'published', e.id is not null
  from cart_item i
  join course c on c.id = i.course_id
  left join enrollment e on e.user_id = i.user_id and e.course_id = i.course_id
  where i.user_id = :p1::uuid
  order by i.added_at, i.id)"};

inline constexpr statement cancel{"order.cancel", R"(
  update customer_order set status = 'cancelled', version = version + 1 where id = :p1::uuid and status = 'pending')"};

inline constexpr statement oldest_pending{"order.oldest_pending",
                                          "select min(created_at) from customer_order where status = 'pending'"};

/// Cancels a batch of orders that were made before :p1; those that somebody is just paying are passed over.
inline constexpr statement expire{"order.expire", R"(
  with due as (
    select id from customer_order where status = 'pending' and created_at <= :p1::timestamptz
    order by created_at limit 500 for update skip locked)
  update customer_order o set status = 'cancelled', version = o.version + 1 from due where o.id = due.id
  returning o.id, o.user_id, o.order_number)"};
inline constexpr statement tell_expired{"order.tell_expired", STOA_TELL(":p1")};

inline constexpr statement bill_to{"order.bill_to", R"(
  update customer_order set billing = :p2::jsonb, version = version + 1 where id = :p1::uuid returning version)"};

/// :p3 is the year of the number.
inline constexpr statement insert{"order.insert", R"(
  with numbered as (select nextval('order_number')::text as n),
  made as (
    insert into customer_order (id, user_id, order_number, status, subtotal_minor, total_minor, currency, billing, created_at)
    select :p1::uuid, :p2::uuid, 'ORD-' || :p3::text || '-' || lpad(n, greatest(5, length(n)), '0'), 'pending', :p4::bigint,
           :p4::bigint, :p5::text, :p6::jsonb, :p7::timestamptz
    from numbered
    returning id, user_id, order_number),
  lines as (
    insert into order_item (id, order_id, user_id, course_id, title, price_minor, position)
    select i.id, made.id, made.user_id, i.course_id, i.title, i.price_minor, i.position
    from made, unnest(:p8::uuid[], :p9::uuid[], :p10::text[], :p11::bigint[]) with ordinality
      as i(id, course_id, title, price_minor, position)),
  told as (
    )" STOA_TELL_AS(":p12", "e.entity", "e.payload || jsonb_build_object('order_number', made.order_number)") R"(, made)
  select order_number from made)"};

// -- completion --

inline constexpr statement lock{
    "order.lock", "select " STOA_ORDER_COLUMNS "from customer_order o where o.id = :p1::uuid for update of o"};

/// One receipt number an order, taken only where the order is still open. :p3 is the year of the number.
inline constexpr statement finish{"order.finish", R"(
  update customer_order o
  set status = 'completed', completed_at = :p4::timestamptz, payment_provider = :p5::text, payment_reference = :p6::text,
      receipt_number = (select 'RCP-' || :p3::text || '-' || lpad(n, greatest(5, length(n)), '0')
                        from (select nextval('receipt_number')::text as n) taken),
      version = version + 1
  where o.id = :p1::uuid and o.version = :p2::bigint and o.status in ('pending', 'cancelled')
  returning o.receipt_number, o.version)"};

/// Another pending order with a course that is owned now would be paid twice.
inline constexpr statement cancel_overtaken{"order.cancel_overtaken", R"(
  update customer_order o set status = 'cancelled', version = version + 1
  where o.user_id = :p1::uuid and o.status = 'pending' and o.id <> :p2::uuid
    and exists (select 1 from order_item i where i.order_id = o.id and i.course_id = any(:p3::uuid[])))"};

inline constexpr statement tell_paid{"order.tell_paid", STOA_TELL(":p1")};

#undef STOA_ORDER_COLUMNS

/// The order of a row; `at` is its first column.
order read(const rows::row& r, std::size_t at = 0);
/// The page that rows of `list` describe.
order_page read_page(const rows& r);
std::vector<order_rules::cart_line> read_cart_lines(const rows& r);

/// A billing address as its column holds it.
std::string billing_json(const billing_address& a);
/// That it was paid.
payment_completed paid(const order& o);

}  // namespace stoa::actors::order_store
