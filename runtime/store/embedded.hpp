// A private PostgreSQL under a data directory: made once, started with the server, stopped with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "stoa/log.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

struct embedded_options {
  /// The server's data directory; made when it does not exist. The cluster lies in `postgres/` below it.
  std::filesystem::path data_dir;
  /// Where `initdb` and `postgres` are. Empty: the cluster's own version, or the newest installed one for a new one.
  std::filesystem::path bin_dir;
  /// For `initdb`, for starting and for recovery after a crash, each.
  seconds start_timeout{60};
  /// Off only where the data may be lost with the machine: tests.
  bool durable = true;
  /// How long PostgreSQL waits for another server of its directory when ours ends without stopping it, killed say.
  seconds orphan_grace{5};
  logger* log = nullptr;
};

/// Why the embedded PostgreSQL cannot be had, in words for the operator.
class embedded_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs PostgreSQL for one data directory, on a unix socket only, as the user `postgres` where we are root. The child
/// is in a session of its own: a Ctrl-C or SIGKILL meant for the server does not reach it. What an earlier server left
/// behind, a running PostgreSQL or a stale pid file, is taken over or cleaned up; where no server comes to take it
/// over, it ends by itself.
class embedded_postgres {
 public:
  /// Starts and waits until connections are accepted. Throws embedded_error, also while another process holds the
  /// data directory.
  explicit embedded_postgres(embedded_options options);
  /// Stops.
  ~embedded_postgres();
  embedded_postgres(const embedded_postgres&) = delete;
  embedded_postgres& operator=(const embedded_postgres&) = delete;

  /// For the role `stoa`, which owns the database `stoa` and is no superuser.
  const std::string& connection_string() const noexcept;
  /// For the superuser, in whichever database.
  std::string superuser_connection_string(const std::string& database) const;
  pid_t pid() const noexcept;
  /// Whether it was already running and has been taken over.
  bool adopted() const noexcept;
  bool running() const;

  /// Starts again after `stop`, or after it died by itself.
  void start();
  /// Fast shutdown within `patience`, then an immediate one, then SIGKILL. Gives the directory free. Idempotent.
  void stop(milliseconds patience = milliseconds{15000});

  /// For commands that run beside a server: the connection string if a PostgreSQL of this directory runs, nullopt if
  /// none does. Waits for one that is just starting.
  static std::optional<std::string> attach(const std::filesystem::path& data_dir);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// A connection string of `attach` or `connection_string` for the superuser instead.
std::string for_superuser(const std::string& connection);

}  // namespace stoa::runtime
