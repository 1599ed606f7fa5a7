// The SQL of orders. Checkout and completion are transactions of several statements, in the name of the buyer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/order/order_rules.hpp"
#include "stoa/areas/orders.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::order_store {

/// Orders under the names that `order` has for its members, with their lists as JSON.
inline constexpr sql_text order_rows = R"((
  select id, user_id, user_id as buyer_id, source, order_number, status, subtotal_minor, discount_minor, total_minor, currency,
         billing, created_at, completed_at, coalesce(receipt_number, '') as receipt_number, payment_provider,
         payment_reference, version,
         (select jsonb_agg(jsonb_build_object('id', i.id, 'course', i.course_id, 'title', i.title,
                                              'price_minor', i.price_minor) order by i.position)
          from order_item i where i.order_id = customer_order.id) as items,
         (select jsonb_agg(to_jsonb(f) order by f.created_at, f.id)
          from refund_due f where f.order_id = customer_order.id) as refunds
  from customer_order) o )";
/// What `read` expects.
inline constexpr auto order_columns = columns<order, "o"> + ", o.items, o.refunds ";

// -- reads --

inline constexpr auto get_sql =
    "select " + order_columns + "from " + order_rows + "where o.id = :p2::uuid and o.user_id = :p1::uuid";
inline constexpr statement get{"order.get", get_sql};

inline constexpr auto find_sql = "select " + order_columns + "from " + order_rows + "where o.id = :p1::uuid";
inline constexpr statement find{"order.find", find_sql};

/// Those courses of an order that its buyer has by another way.
inline constexpr statement owned{"order.owned", R"(
  select i.course_id from order_item i join enrollment e on e.user_id = i.user_id and e.course_id = i.course_id
  where i.order_id = :p1::uuid and e.order_id is distinct from i.order_id)"};

/// The count of all matches leads each row; one row without an order where the page is empty. :p2 is a status or null.
inline constexpr auto list_sql =
    R"(select (select count(*) from customer_order c where c.user_id = :p1::uuid
              and (:p2::text is null or c.status = :p2::text)), )" +
    order_columns + "from (select 1) one left join lateral (select o.* from " + order_rows + R"(
      where o.user_id = :p1::uuid and (:p2::text is null or o.status = :p2::text)
      order by o.created_at desc, o.id desc limit :p3::bigint offset :p4::bigint) o on true
    order by o.created_at desc, o.id desc)";
inline constexpr statement list{"order.list", list_sql};

// -- checkout --

/// The source of orders that were made of a cart.
inline constexpr const char* from_cart = "cart";

inline constexpr auto lock_pending_sql =
    "select " + order_columns + "from " + order_rows +
    "where o.user_id = :p1::uuid and o.status = 'pending' and o.source = :p2::text for update of o";
inline constexpr statement lock_pending{"order.lock_pending", lock_pending_sql};

/// The cart as it stands, with what the courses cost now.
inline constexpr auto cart_lines_sql = "select " + columns<order_rules::cart_line, "l"> + R"(
  from (
    select c.id as course_id, c.title, c.price_minor, c.currency, c.status = 'published' as published,
           e.id is not null as enrolled, i.added_at, i.id as item_id
    from cart_item i
    join course c on c.id = i.course_id
    left join enrollment e on e.user_id = i.user_id and e.course_id = i.course_id
    where i.user_id = :p1::uuid) l
  order by l.added_at, l.item_id)";
inline constexpr statement cart_lines{"order.cart_lines", cart_lines_sql};

/// The courses :p2 of a bundle, in that order, for a buyer; a course that is gone has no line.
inline constexpr auto bundle_lines_sql = "select " + columns<order_rules::cart_line, "l"> + R"(
  from (
    select c.id as course_id, c.title, c.price_minor, c.currency, c.status = 'published' as published,
           e.id is not null as enrolled, w.place
    from unnest(:p2::uuid[]) with ordinality as w(course_id, place)
    join course c on c.id = w.course_id
    left join enrollment e on e.user_id = :p1::uuid and e.course_id = c.id) l
  order by l.place)";
inline constexpr statement bundle_lines{"order.bundle_lines", bundle_lines_sql};

/// An order that was cancelled, as the statements that cancel answer it.
struct closed {
  order_id id;
  user_id user;
  std::string order_number;
};
BOOST_DESCRIBE_STRUCT(closed, (), (id, user, order_number))
inline constexpr auto returning_closed = " returning " + columns<closed, "o">;

inline constexpr auto cancel_sql = R"(
  update customer_order o set status = 'cancelled', version = version + 1
  where o.id = :p1::uuid and o.status = 'pending')" +
                                   returning_closed;
inline constexpr statement cancel{"order.cancel", cancel_sql};

inline constexpr statement oldest_pending{"order.oldest_pending",
                                          "select min(created_at) from customer_order where status = 'pending'"};

/// Cancels a batch of orders that were made before :p1; those that somebody is just paying are passed over.
inline constexpr auto expire_sql = R"(
  with due as (
    select id from customer_order where status = 'pending' and created_at <= :p1::timestamptz
    order by created_at limit 500 for update skip locked)
  update customer_order o set status = 'cancelled', version = o.version + 1 from due where o.id = due.id)" +
                                   returning_closed;
inline constexpr statement expire{"order.expire", expire_sql};
/// What became of orders, told in the transaction that did it.
inline constexpr statement tell{"order.tell", STOA_TELL(":p1")};

inline constexpr statement bill_to{"order.bill_to", R"(
  update customer_order set billing = :p2::jsonb, version = version + 1 where id = :p1::uuid returning version)"};

/// :p3 is the year of the number, :p13 what the order was made of.
inline constexpr statement insert{"order.insert", R"(
  with numbered as (select nextval('order_number')::text as n),
  made as (
    insert into customer_order (id, user_id, order_number, status, subtotal_minor, total_minor, currency, billing, created_at,
                                source)
    select :p1::uuid, :p2::uuid, 'ORD-' || :p3::text || '-' || lpad(n, greatest(5, length(n)), '0'), 'pending', :p4::bigint,
           :p4::bigint, :p5::text, :p6::jsonb, :p7::timestamptz, :p13::text
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

inline constexpr auto lock_sql =
    "select " + order_columns + "from " + order_rows + "where o.id = :p1::uuid for update of o";
inline constexpr statement lock{"order.lock", lock_sql};

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
inline constexpr auto cancel_overtaken_sql = R"(
  update customer_order o set status = 'cancelled', version = version + 1
  where o.user_id = :p1::uuid and o.status = 'pending' and o.id <> :p2::uuid
    and exists (select 1 from order_item i where i.order_id = o.id and i.course_id = any(:p3::uuid[])))" +
                                             returning_closed;
inline constexpr statement cancel_overtaken{"order.cancel_overtaken", cancel_overtaken_sql};

/// The same for courses that people entered without an order, or by one that another process completed.
inline constexpr auto cancel_owned_sql = R"(
  with entered as (select distinct * from unnest(:p1::uuid[], :p2::uuid[]) as e(user_id, course_id)),
  due as (
    select o.id from customer_order o
    where o.status = 'pending' and o.user_id in (select user_id from entered)
      and exists (select 1 from order_item i join entered e on e.course_id = i.course_id and e.user_id = i.user_id
                  where i.order_id = o.id)
    order by o.id for update of o)
  update customer_order o set status = 'cancelled', version = o.version + 1 from due where o.id = due.id)" +
                                         returning_closed;
inline constexpr statement cancel_owned{"order.cancel_owned", cancel_owned_sql};

/// One row where so much of the payment was due for refund.
inline constexpr statement pay_back{"order.pay_back", R"(
  update refund_due set paid_back_at = :p5::timestamptz
  where provider = :p1::text and reference = :p2::text and amount_minor <= :p3::bigint and currency = :p4::text
    and paid_back_at is null
  returning order_id)"};

/// One row where this payment's refund was not known yet.
inline constexpr statement owe_refund{"order.owe_refund", R"(
  insert into refund_due (id, order_id, user_id, provider, reference, amount_minor, currency, reason, created_at)
  values (gen_random_uuid(), :p1::uuid, :p2::uuid, :p3::text, :p4::text, :p5::bigint, :p6::text, :p7::text, :p8::timestamptz)
  on conflict on constraint refund_due_once do nothing
  returning id)"};

/// The order of a row; `at` is its first column.
order read(const rows::row& r, std::size_t at = 0);
/// The page that rows of `list` describe.
order_page read_page(const rows& r);
std::vector<order_rules::cart_line> read_cart_lines(const rows& r);

/// A billing address as its column holds it.
std::string billing_json(const billing_address& a);
/// That it was paid.
payment_completed paid(const order& o);
/// That the orders of such rows were cancelled.
void tell_cancelled(connection& db, const rows& gone, std::string_view reason, timestamp now);

}  // namespace stoa::actors::order_store
