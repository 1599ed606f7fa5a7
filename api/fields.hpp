// A dialect's own names for what the rules of accounts call otherwise.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "actors/account/accounts.hpp"
#include "stoa/task.hpp"
#include "stoa/wire.hpp"

namespace stoa::api {

/// What bodies of all doors have in common.
using identifier_text = wire::text<1, 254>;  ///< the address or name somebody signs in with
using password_text = wire::verbatim<1024>;
using code_text = wire::text<0, 64>;      ///< of a second factor, or a recovery code
using token_text = wire::verbatim<4096>;  ///< a refresh token
using id_text = wire::text<1, 64>;        ///< an id that is looked up, not only parsed: see id_named

struct field_name {
  std::string_view inside;   ///< as the rules say it: `first_name`
  std::string_view on_wire;  ///< as the body says it: `full_name`
};

/// The fault with the names of the body. Two fields that become one keep each complaint once.
fault rename_fields(fault f, std::span<const field_name> names);

/// Adds what the rules of accounts say of a registration to what decoding its body found, under the body's names. A
/// field that has its complaint keeps that one.
void check_registration(const registration& r, std::span<const field_name> names, wire::problems& bad);

/// The same of a new `password`, as far as its account does not matter: what it must not resemble is told by who knows
/// it.
void check_new_password(const std::string& password, bool strict, std::span<const field_name> names,
                        wire::problems& bad);

/// An id that came as text in a body; `not_found(Id)` of its area where it is none, so that it answers exactly like an
/// id nobody has.
template <class Id>
result<Id> id_named(const std::string& text) {
  if (auto id = Id::parse(text)) return *id;
  return not_found(Id{});
}

/// Runs a task of a facade and renames the fields of its fault. The table must outlive the task.
template <class T>
task<T> with_fields(task<T> inner, std::span<const field_name> names) {
  auto outcome = co_await as_result(std::move(inner));
  if (!outcome) co_return rename_fields(std::move(outcome).refusal(), names);
  co_return std::move(outcome).value();
}

}  // namespace stoa::api
