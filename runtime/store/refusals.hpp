// What the store answers when a call does not succeed: PostgreSQL's errors as faults.
#pragma once

#include <string_view>

#include "runtime/store/session.hpp"
#include "stoa/fault.hpp"

namespace stoa::runtime {

/// The database cannot be had now.
fault database_away();

/// A mistake in the program; the log says which.
fault internal_fault();

/// The fault for what PostgreSQL said no to.
fault refusal_of(const sql_error& e);

/// Only a plain query is safe to send twice: the first may have been executed before its connection was lost.
bool plain_query(std::string_view sql);

}  // namespace stoa::runtime
