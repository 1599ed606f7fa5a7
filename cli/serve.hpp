// `stoa serve`: the whole server, from start to a clean end.
#pragma once

#include "runtime/settings/settings.hpp"

namespace stoa::cli {

struct serve_options {
  bool demo = false;        ///< load the demo data on first start
  bool no_migrate = false;  ///< refuse to start where migrations are missing
};

/// Blocks SIGINT, SIGTERM, SIGQUIT and SIGHUP for the calling thread and all it makes from then on, so that `serve` can
/// wait for them. Before any thread is made.
void block_stop_signals();

/// Serves until one of them comes. The process's exit code.
int serve(const runtime::settings& s, serve_options options);

}  // namespace stoa::cli
