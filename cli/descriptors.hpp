// Open files: how many the process may have, and who may have how many of them.
#pragma once

#include <cstddef>

namespace stoa::cli {

/// What would be open at the most.
struct descriptor_wishes {
  std::size_t connections = 0;  ///< of clients
  std::size_t operators = 0;    ///< connections of the operators' listener
  std::size_t own = 0;          ///< sessions of the database, libraries, logs, wake-ups
};

/// What may be.
struct descriptor_shares {
  std::size_t connections = 0;
  std::size_t operators = 0;
};

/// All that is wished for, with room for files that are sent and calls to the outside.
std::size_t wanted(const descriptor_wishes& w) noexcept;

/// Divides `limit`: the server's own come first, since a database that cannot be reached costs every client; a part is
/// left for files and calls; connections share the rest.
descriptor_shares share_out(std::size_t limit, const descriptor_wishes& w) noexcept;

/// Raises the soft limit on open files as far as `enough`, or as the hard limit lets it; returns the limit in force.
std::size_t raise_descriptor_limit(std::size_t enough) noexcept;

}  // namespace stoa::cli
