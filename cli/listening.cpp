#include "cli/listening.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "api/contracts.hpp"

namespace stoa::cli {
namespace {

/// Sessions of the database come and go beside these: of the pump, of migrations, of a cluster that is watched.
constexpr std::size_t descriptors_of_the_house = 48;
constexpr std::size_t plugins_of_the_house = 8;
constexpr std::size_t most_operators = 100;

}  // namespace

http::pipeline_options piping(const runtime::settings& s) {
  http::pipeline_options o;
  o.max_in_flight = static_cast<std::size_t>(s.http.max_in_flight);
  o.max_body = static_cast<std::size_t>(s.http.max_body.bytes);
  o.request_timeout = s.http.request_timeout;
  o.slowest_upload = static_cast<std::size_t>(s.http.slowest_upload.bytes);
  o.public_url = s.http.public_url;
  o.trusted_proxies = s.http.trusted_proxies;
  o.secure_cookies = s.security.cookie_secure;
  o.cors.allowed_origins = api::allowed_origins(s);
  o.streams.streams = static_cast<std::size_t>(s.http.max_streams);
  o.cors.max_age = std::chrono::duration_cast<seconds>(s.cors.max_age);
  return o;
}

descriptor_shares room_for_connections(const runtime::settings& s, logger& log) {
  descriptor_wishes w;
  w.connections = static_cast<std::size_t>(s.http.max_connections);
  w.operators = s.admin.listen == "off" ? 0 : most_operators;
  w.own = descriptors_of_the_house +
          static_cast<std::size_t>(s.database.workers + s.database.read_workers + s.database.consumer_workers) +
          plugins_of_the_house * 3 * static_cast<std::size_t>(s.plugins.sessions);
  const auto limit = raise_descriptor_limit(wanted(w));
  const auto room = share_out(limit, w);
  if (room.connections < w.connections)
    log.warn("the limit on open files (ulimit -n) allows fewer connections than [http] max_connections",
             {{"open_files", limit}, {"connections", room.connections}});
  return room;
}

http::server_options listening(const runtime::settings& s, const descriptor_shares& room) {
  http::server_options o;
  o.host = s.http.listen.host;
  o.port = s.http.listen.port;
  o.threads = static_cast<std::size_t>(s.server.threads);
  o.max_connections = room.connections;
  o.pipelining = static_cast<std::size_t>(s.http.pipelining);
  o.max_header_bytes = static_cast<std::size_t>(s.http.max_header_bytes.bytes);
  o.max_bodies = static_cast<std::uint64_t>(s.http.max_bodies.bytes);
  o.idle_timeout = s.http.idle_timeout;
  return o;
}

std::optional<http::server_options> admin_listening(const runtime::settings& s, const descriptor_shares& room) {
  if (s.admin.listen == "off") return std::nullopt;
  http::server_options o = listening(s, room);
  o.threads = 1;
  o.max_connections = room.operators;
  if (s.admin.listen.empty()) {
    o.host = "127.0.0.1";
    o.port =
        static_cast<std::uint16_t>(s.http.listen.port == 0 || s.http.listen.port == 65535 ? 0 : s.http.listen.port + 1);
  } else {
    const auto at = runtime::endpoint::parse(s.admin.listen).value();
    o.host = at.host;
    o.port = at.port;
  }
  return o;
}

claimed_port::claimed_port(const runtime::endpoint& at) {
  if (at.port == 0) return;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  // A name is for the listener to look up, and to complain of.
  if (::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &wanted, &raw) != 0) return;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found{raw, ::freeaddrinfo};
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  const int yes = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket_, found->ai_addr, found->ai_addrlen) == 0) return;
  const int why = errno;
  ::close(socket_);
  throw settings_error("[http] listen: " + at.text() + ": " +
                       (why == EADDRINUSE ? "another program listens there; stop it, or choose another port"
                                          : std::error_code(why, std::generic_category()).message()));
}

claimed_port::~claimed_port() {
  if (socket_ >= 0) ::close(socket_);
}

}  // namespace stoa::cli
