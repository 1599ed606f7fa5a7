// Courses that one person keeps in a list, each once and up to a bound: what carts and wishlists have in common. A list
// has `owner`, `version`, `updated_at` and `items` with `id`, `course` and `added_at`; its tables are `<name>` and
// `<name>_item`.
#pragma once

#include <string>
#include <utility>

#include "stoa/columns.hpp"
#include "stoa/db.hpp"
#include "stoa/entities.hpp"
#include "stoa/events.hpp"
#include "stoa/result.hpp"

namespace stoa::actors::kept_courses {

template <class List>
using item_of = typename decltype(List::items)::value_type;
template <class List>
using item_id_of = decltype(item_of<List>::id);

// -- rules --

/// How one kind of list is bounded, and what it says.
struct terms {
  std::size_t most;
  const char* twice_code;
  const char* twice;
  const char* full_code;
  const char* full;
};

/// The item that a course becomes; a conflict where it is in the list, rejected where the list is full.
template <class List>
result<item_of<List>> add(const List& in, course_id course, item_id_of<List> id, timestamp now, const terms& t) {
  if (in.find(course)) return fault(fault_kind::conflict, t.twice_code, t.twice);
  if (in.items.size() >= t.most) return fault(fault_kind::rejected, t.full_code, t.full);
  return item_of<List>{id, course, now};
}

/// The item of that id; not found also for other people's, which this list never holds.
template <class List>
result<item_of<List>> find(const List& in, item_id_of<List> id) {
  if (const auto* item = in.find(id)) return *item;
  return not_found(id);
}

/// The list with an item that was let in, or its refusal.
template <class List>
result<outcome<List, item_of<List>>> with(const List& now, result<item_of<List>> added, timestamp at) {
  if (!added) return std::move(added).refusal();
  List next = now;
  next.updated_at = at;
  next.items.push_back(*added);
  return outcome<List, item_of<List>>{std::move(next), *added};
}

/// The list without an item that was found, or its refusal.
template <class List>
result<outcome<List, done>> without(const List& now, const result<item_of<List>>& gone, timestamp at) {
  if (!gone) return gone.refusal();
  List next = now;
  next.updated_at = at;
  std::erase_if(next.items, [&](const auto& i) { return i.id == gone->id; });
  return outcome<List, done>{std::move(next)};
}

// -- SQL. Every write names the version it saw and answers no row when another writer was faster --

/// List row and items in one answer; no rows where the person never had a list.
template <sql_text Table, class Root, class Item>
inline constexpr auto load_sql = "select " + columns<Root, "l"> + ", " + columns<Item, "i"> + " from " + Table +
                                 " l left join " + Table + R"(_item i on i.user_id = l.user_id
  where l.user_id = :p1::uuid
  order by i.added_at, i.id)";

/// Of the owner (:p1), now (:p2), at a version (:p3), an item (:p4) with a course (:p5), and what is told (:p6). What a
/// list's own row has besides is named in `Columns` and given in `Values`, each with a comma in front.
template <sql_text Table, sql_text Columns = "", sql_text Values = "">
inline constexpr auto add_sql = "with root as (insert into " + Table + "(user_id, version, updated_at" + Columns +
                                ") select :p1::uuid, 1, :p2::timestamptz" + Values +
                                " on conflict (user_id) do update set version = " + Table +
                                ".version + 1, updated_at = excluded.updated_at where " + Table +
                                R"(.version = :p3::bigint returning user_id, version),
  item as (insert into )" + Table +
                                R"(_item (id, user_id, course_id, added_at)
    select :p4::uuid, user_id, :p5::uuid, :p2::timestamptz from root),
  told as ()" STOA_TELL_ONE(":p6") R"(, root)
  select version from root)";

/// Of the owner (:p1), now (:p2), at a version (:p3), an item (:p4) and what is told (:p5).
template <sql_text Table>
inline constexpr auto remove_sql = "with root as (update " + Table +
                                   R"( set version = version + 1, updated_at = :p2::timestamptz
    where user_id = :p1::uuid and version = :p3::bigint
    returning user_id, version),
  gone as (delete from )" + Table + "_item using root where " +
                                   Table + "_item.user_id = root.user_id and " + Table + R"(_item.id = :p4::uuid),
  told as ()" STOA_TELL_ONE(":p5") R"(, root)
  select version from root)";

/// The list that rows of `load_sql` describe; at version 0 for none.
template <class List, class Root>
List read(user_id owner, const rows& r) {
  List out;
  out.owner = owner;
  if (r.empty()) return out;
  const auto root = read_columns<Root>(r.front());
  out.version = root.version;
  out.updated_at = root.updated_at;
  if constexpr (requires { out.id = root.id; }) out.id = root.id;
  out.items = read_joined<item_of<List>>(r, column_count<Root>);
  return out;
}

/// `add_sql` bound for the item that `after` ends with. `more` are the values of further columns.
template <class List, event_facts E>
bound_statement added(const statement& s, const List& before, const List& after, const E& told, const moment& m,
                      const values& more = {}) {
  const auto& item = after.items.back();
  bound_statement out{
      &s,
      {after.owner, m.now, before.version, item.id, item.course, one_event(m.now, after.owner, item.id, told)},
      acts_as(after.owner)};
  out.bound.insert(out.bound.end(), more.begin(), more.end());
  return out;
}

/// `remove_sql` bound.
template <class List, event_facts E>
bound_statement removed(const statement& s, const List& before, item_id_of<List> gone, const E& told, const moment& m) {
  return {&s,
          {before.owner, m.now, before.version, gone, one_event(m.now, before.owner, gone, told)},
          acts_as(before.owner)};
}

}  // namespace stoa::actors::kept_courses
