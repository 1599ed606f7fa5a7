// How an intent's columns are read.
#pragma once

#include "payment_rules.hpp"
#include "stoa/columns.hpp"

namespace stoa_plugin::payments {

/// A status that we do not know is one that cannot be paid any more.
inline void read_column(const stoa::rows::row& r, std::size_t column, intent_status& out) {
  out = intent_status_named(r.raw(column)).value_or(intent_status::canceled);
}

}  // namespace stoa_plugin::payments
