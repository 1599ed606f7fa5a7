// Connection strings: read, completed with the session settings the code relies on, written.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// Keywords of libpq and their values.
using conninfo = std::map<std::string, std::string>;

/// Reads either form of a connection string. Throws std::invalid_argument; its text holds no password.
conninfo parse_conninfo(const std::string& text);

std::string write_conninfo(const conninfo& info);

/// The same as an address, without a blank, quote or backslash: for whoever reads the other form in a way of its own.
std::string write_connection_url(const conninfo& info);

/// Adds what the store's sessions need: UTC, ISO dates, timeouts, keepalives. What the operator set stays, except
/// for the forms in which values are printed. `process` tells the sessions of one store from all others, as
/// `current_setting('stoa.process')`.
std::string session_conninfo(const std::string& base, milliseconds statement_timeout, milliseconds lock_timeout,
                             const uuid& process = {}, milliseconds idle_in_transaction = milliseconds{30'000});

}  // namespace stoa::runtime
