// The wire's constrained types: what a member may hold, said by its type.
#pragma once

#include <boost/describe.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/money.hpp"

namespace stoa::wire {

/// A string of Min to Max code points after trimming, without control characters.
template <std::size_t Min, std::size_t Max>
struct text : std::string {
  using std::string::string;
  text(std::string s) : std::string(std::move(s)) {}  // NOLINT: implicit by intent
};

/// A string taken as it is (a password): no trimming, Max bytes at most.
template <std::size_t Max>
struct verbatim : std::string {
  using std::string::string;
  verbatim(std::string s) : std::string(std::move(s)) {}  // NOLINT
};

/// A string in the form of an e-mail address.
struct email_text : std::string {
  using std::string::string;
  email_text(std::string s) : std::string(std::move(s)) {}  // NOLINT
};

/// An absolute http(s) URL.
struct url_text : std::string {
  using std::string::string;
  url_text(std::string s) : std::string(std::move(s)) {}  // NOLINT
};

/// A whole number from Min to Max.
template <std::int64_t Min, std::int64_t Max>
struct whole {
  std::int64_t value = Min;
  operator std::int64_t() const noexcept { return value; }  // NOLINT
};

/// A literal as a template argument.
template <std::size_t N>
struct literal {
  char chars[N]{};
  constexpr literal(const char (&s)[N]) { std::copy_n(s, N, chars); }  // NOLINT
  constexpr std::string_view view() const { return {chars, N - 1}; }
};

/// One of the given words, compared without regard to ASCII case and kept as written in the list.
template <literal... Words>
struct choice : std::string {
  using std::string::string;
};

/// A list of Min to Max elements.
template <class T, std::size_t Min, std::size_t Max>
struct list_of : std::vector<T> {
  using std::vector<T>::vector;
};

/// An amount of money written and read as an exact decimal number with two digits.
struct decimal {
  std::int64_t minor = 0;
  decimal() = default;
  decimal(std::int64_t m) : minor(m) {}        // NOLINT
  decimal(const money& m) : minor(m.minor) {}  // NOLINT
};

/// A number written with at most Digits digits behind the point, rounded half up: `4.8`.
template <int Digits>
struct rounded {
  double value = 0;
};

/// JSON that is already encoded (an output only).
struct raw_json {
  std::string encoded = "null";
};

/// A member of a partial update: absent, null, or a value.
template <class T>
struct change {
  bool present = false;
  std::optional<T> value;
};

/// A member of a partial update that may be absent but not null, since it cannot be empty: a name, a price.
template <class T>
struct given : std::optional<T> {
  using std::optional<T>::optional;
};

/// A member of a partial update that null empties: a text becomes "", a list has no items.
template <class T>
struct emptiable : std::optional<T> {
  using std::optional<T>::optional;
};

/// A member that stands for one person's own within a body that is encoded once for everybody: the members of the block
/// stand directly in the object, and the writer remembers where (json_writer::holes), so that `members_of` somebody
/// else's block can be put there. An output only.
template <class Block>
struct hole {
  Block value;
};

/// A word that a query may leave out and that means `Default` then: `word_or<"all", "pending", "completed", "all">`.
template <literal Default, literal... Words>
struct word_or {
  choice<Words...> value;
  word_or() { value.assign(Default.view()); }
  const std::string& text() const noexcept { return value; }
};

/// A word that the rules understand and refuse in their own way: the wire takes every text and only documents `Words`.
/// Absent, it is the empty text and means `Default`.
template <literal Default, literal... Words>
struct word_for_rules : std::string {
  using std::string::string;
};

/// No body, no query, no answer.
struct nothing {};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

}  // namespace stoa::wire
