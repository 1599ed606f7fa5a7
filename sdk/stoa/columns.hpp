// Columns by name: one description of a row yields the list of a SELECT and the reader of its answer.
//
//   struct cart_root { uuid id; std::int64_t version = 0; timestamp updated_at; };
//   BOOST_DESCRIBE_STRUCT(cart_root, (), (id, version, updated_at))
//
//   inline constexpr auto load_sql = "select " + columns<cart_root, "c"> + " from cart c where c.user_id = :p1::uuid";
//   inline constexpr statement load{"cart.load", load_sql};
//   const auto root = read_columns<cart_root>(row);
//
// A member is the column of its name, an id that is not called `id` the column `<member>_id`. Members that are lists or
// maps are no columns: they are left out of both. A type of one's own is read by a `read_column` beside it.
#pragma once

#include <boost/describe.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "stoa/db.hpp"

namespace stoa {

/// A piece of SQL put together while compiling; N counts the final NUL.
template <std::size_t N>
struct sql_text {
  char text[N]{};

  constexpr sql_text() = default;
  constexpr sql_text(const char (&t)[N]) {  // NOLINT: implicit by intent
    for (std::size_t i = 0; i < N; ++i) text[i] = t[i];
  }
  constexpr operator const char*() const { return text; }  // NOLINT: what a statement holds
};

template <std::size_t A, std::size_t B>
constexpr sql_text<A + B - 1> operator+(const sql_text<A>& a, const sql_text<B>& b) {
  sql_text<A + B - 1> all;
  for (std::size_t i = 0; i + 1 < A; ++i) all.text[i] = a.text[i];
  for (std::size_t i = 0; i < B; ++i) all.text[A - 1 + i] = b.text[i];
  return all;
}
template <std::size_t A, std::size_t B>
constexpr auto operator+(const sql_text<A>& a, const char (&b)[B]) {
  return a + sql_text<B>(b);
}
template <std::size_t A, std::size_t B>
constexpr auto operator+(const char (&a)[A], const sql_text<B>& b) {
  return sql_text<A>(a) + b;
}

/// How a column becomes a T. For a type of one's own: `void read_column(const rows::row&, std::size_t column, T& out)`
/// in its namespace.
template <class T>
struct column_reader {
  /// Reads a column that is not null; throws std::runtime_error where it is of another type.
  static T read(const rows::row& r, std::size_t column) {
    T out{};
    read_column(r, column, out);
    return out;
  }
};

template <>
struct column_reader<std::string> {
  static std::string read(const rows::row& r, std::size_t column) { return r.text(column); }
};
template <std::signed_integral T>
struct column_reader<T> {
  static T read(const rows::row& r, std::size_t column) { return static_cast<T>(r.integer(column)); }
};
template <>
struct column_reader<bool> {
  static bool read(const rows::row& r, std::size_t column) { return r.boolean(column); }
};
template <>
struct column_reader<double> {
  static double read(const rows::row& r, std::size_t column) { return r.real(column); }
};
template <>
struct column_reader<uuid> {
  static uuid read(const rows::row& r, std::size_t column) { return r.as_uuid(column); }
};
template <class Tag>
struct column_reader<id<Tag>> {
  static id<Tag> read(const rows::row& r, std::size_t column) { return r.as<id<Tag>>(column); }
};
template <>
struct column_reader<timestamp> {
  static timestamp read(const rows::row& r, std::size_t column) { return r.time(column); }
};
template <>
struct column_reader<date> {
  static date read(const rows::row& r, std::size_t column) { return r.day(column); }
};
template <class T>
struct column_reader<std::optional<T>> {
  static std::optional<T> read(const rows::row& r, std::size_t column) {
    if (r.null(column)) return std::nullopt;
    return column_reader<T>::read(r, column);
  }
};

namespace detail {

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<id<Tag>> = true;
template <class T>
inline constexpr bool is_id<std::optional<T>> = is_id<T>;

/// Lists and maps.
template <class T>
concept many_rows = requires {
  typename T::value_type;
  typename T::iterator;
}
&&!std::same_as<T, std::string>;

template <class M>
struct member_of;
template <class Row, class T>
struct member_of<T Row::*> {
  using type = T;
};

/// One described member as a column.
template <class Member>
struct column {
  using type = typename member_of<std::remove_cv_t<decltype(Member::pointer)>>::type;
  static constexpr std::string_view name = Member::name;
  static constexpr bool left_out = many_rows<type>;
  static constexpr std::string_view suffix = is_id<type> && name != "id" && !name.ends_with("_id") ? "_id" : "";
};

template <class Row>
struct described;
template <class Row>
requires boost::describe::has_describe_members<Row>::value struct described<Row> {
  using members = boost::describe::describe_members<Row, boost::describe::mod_any_access>;

  template <class F>
  static constexpr void each(F&& f) {
    [&]<template <class...> class List, class... Members>(List<Members...>) {
      (
          [&] {
            if constexpr (!column<Members>::left_out) f(Members{});
          }(),
          ...);
    }(members{});
  }

  static constexpr std::size_t count() {
    std::size_t n = 0;
    each([&](auto) { ++n; });
    return n;
  }
  /// The length of `a.one, a.two` and its NUL.
  static constexpr std::size_t length(std::size_t alias) {
    std::size_t n = 0;
    each([&](auto m) {
      using c = column<decltype(m)>;
      n += (n ? 2 : 0) + (alias ? alias + 1 : 0) + c::name.size() + c::suffix.size();
    });
    return n + 1;
  }
};

template <class Row, sql_text Alias>
constexpr auto list_columns() {
  constexpr std::string_view alias{Alias.text};
  sql_text<described<Row>::length(alias.size())> all;
  std::size_t at = 0;
  const auto put = [&](std::string_view text) {
    for (const char c : text) all.text[at++] = c;
  };
  described<Row>::each([&](auto m) {
    using c = column<decltype(m)>;
    if (at) put(", ");
    if (!alias.empty()) put(alias), put(".");
    put(c::name), put(c::suffix);
  });
  return all;
}

}  // namespace detail

/// `c.id, c.version, ...`: the columns of a described row, of the table with that alias; without one for "".
template <class Row, sql_text Alias = "">
inline constexpr auto columns = detail::list_columns<Row, Alias>();

/// How many columns those are.
template <class Row>
inline constexpr std::size_t column_count = detail::described<Row>::count();

/// The row whose columns begin at `first`. Throws std::runtime_error where a column is null or of another type: that is
/// a mistake in the program.
template <class Row>
Row read_columns(const rows::row& r, std::size_t first = 0) {
  Row out{};
  detail::described<Row>::each([&](auto m) {
    using type = typename detail::column<decltype(m)>::type;
    out.*decltype(m)::pointer = column_reader<type>::read(r, first++);
  });
  return out;
}

/// What a left join found: of each row that has one, the part whose columns begin at `first`.
template <class Part>
std::vector<Part> read_joined(const rows& all, std::size_t first) {
  std::vector<Part> out;
  for (const auto& r : all)
    if (!r.null(first)) out.push_back(read_columns<Part>(r, first));
  return out;
}

}  // namespace stoa
