// A dialect's own names for what the rules of accounts call otherwise.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "stoa/task.hpp"

namespace stoa::api {

struct field_name {
  std::string_view inside;   ///< as the rules say it: `first_name`
  std::string_view on_wire;  ///< as the body says it: `full_name`
};

/// The fault with the names of the body. Two fields that become one keep each complaint once.
fault rename_fields(fault f, std::span<const field_name> names);

/// Runs a task of a facade and renames the fields of its fault. The table must outlive the task.
template <class T>
task<T> with_fields(task<T> inner, std::span<const field_name> names) {
  auto outcome = co_await as_result(std::move(inner));
  if (!outcome) co_return rename_fields(std::move(outcome).refusal(), names);
  co_return std::move(outcome).value();
}

}  // namespace stoa::api
