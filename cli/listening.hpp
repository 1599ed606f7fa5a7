// What the settings make of the front end: its listeners, its pipeline, and how many connections there may be.
#pragma once

#include <optional>

#include "api/http/pipeline.hpp"
#include "api/http/server.hpp"
#include "cli/descriptors.hpp"
#include "runtime/settings/settings.hpp"
#include "stoa/log.hpp"

namespace stoa::cli {

http::pipeline_options piping(const runtime::settings& s);

/// What the limit on open files lets connections have; the soft one is raised as far as that needs.
descriptor_shares room_for_connections(const runtime::settings& s, logger& log);

http::server_options listening(const runtime::settings& s, const descriptor_shares& room);

/// The operators' listener: one thread, few connections. Where the setting is empty, a loopback port beside the main
/// one.
std::optional<http::server_options> admin_listening(const runtime::settings& s, const descriptor_shares& room);

/// A port that is ours before anything listens at it, so that a taken one is known before a database is made. A
/// listener binds beside it. Throws settings_error, which names the address. Port 0, any free one, is claimed by
/// nobody.
class claimed_port {
 public:
  explicit claimed_port(const runtime::endpoint& at);
  ~claimed_port();
  claimed_port(const claimed_port&) = delete;
  claimed_port& operator=(const claimed_port&) = delete;

 private:
  int socket_ = -1;
};

}  // namespace stoa::cli
