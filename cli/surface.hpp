// What the server shows to the outside, without serving: for commands that print it.
#pragma once

#include <memory>

#include "api/http/router.hpp"
#include "runtime/settings/settings.hpp"

namespace stoa::cli {

/// All routes, the plugins' included, over a domain whose database is never asked. Plugins are configured and wired,
/// not migrated or started, so their settings are checked too.
class surface {
 public:
  explicit surface(const runtime::settings& s);
  ~surface();

  const http::router& router() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::cli
