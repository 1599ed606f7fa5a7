// result<T>: a value or a fault. What rules return.
#pragma once

#include <boost/describe.hpp>

#include <cassert>
#include <utility>
#include <variant>

#include "stoa/fault.hpp"

namespace stoa {

/// The value of a command that has nothing to tell but its success.
struct done {};
BOOST_DESCRIBE_STRUCT(done, (), ())

/// Either a `T` or a `fault`. Reading the side that is not there is a programming error.
template <class T>
class [[nodiscard]] result {
 public:
  /// For containers of messages: a refusal without words.
  result() : data_(std::in_place_index<1>) {}
  /// A value.
  result(T value) : data_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by intent
  /// A refusal.
  result(fault f) : data_(std::in_place_index<1>, std::move(f)) {}  // NOLINT: implicit by intent

  /// Whether it is a value.
  bool ok() const noexcept { return data_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; only where ok(). The reference lives as long as the result.
  T& value() & { return assert(ok()), std::get<0>(data_); }
  const T& value() const& { return assert(ok()), std::get<0>(data_); }
  T&& value() && { return assert(ok()), std::get<0>(std::move(data_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The fault; only where not ok().
  const fault& refusal() const& { return assert(!ok()), std::get<1>(data_); }
  fault&& refusal() && { return assert(!ok()), std::get<1>(std::move(data_)); }

 private:
  std::variant<T, fault> data_;
};

}  // namespace stoa
