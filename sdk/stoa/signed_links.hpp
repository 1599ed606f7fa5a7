// Links that open something for whoever has them, for a while and nothing beside: the answer to "download" is a
// redirect to one, which needs no token of its own.
//
//   link_signer links(host.signing_keys("downloads"));
//   const auto to = links.link(verb::get, "/files/" + id + "/content", "download", q.now + minutes{5});
//   // in the route that it leads to, with auth::none
//   co_await links.check(q, verb::get, "/files/" + id + "/content", "download");
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"
#include "stoa/routes.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// Signs and checks links by HMAC-SHA256 over method, path, purpose and the second in which they expire. Immutable,
/// thread-safe; holds the keys.
class link_signer {
 public:
  /// The first key signs, all of them verify: those of plugin_host::signing_keys. Throws std::invalid_argument where
  /// there is none, or one of fewer than 32 bytes.
  explicit link_signer(std::vector<std::string> keys);

  /// `path?expires=...&signature=...`. `path` is the one below the dialect's place, without a query, as the checking
  /// route knows it again; where a dialect lies is no part of what is signed. `purpose` keeps apart what one key signs
  /// links for. Fractions of the second in which it expires are dropped.
  std::string link(verb method, std::string_view path, std::string_view purpose, timestamp expires) const;

  /// Whether the request came by such a link, of that method, path and purpose, that has not expired by `q.now`.
  /// Faults: LINK_INVALID and LINK_EXPIRED (forbidden). The comparison takes the same time wherever they differ.
  result<done> check(const request& q, verb method, std::string_view path, std::string_view purpose) const;

 private:
  std::vector<std::string> keys_;
};

}  // namespace stoa
