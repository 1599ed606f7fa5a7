// An embedded cluster as found on disk: where its files lie, which PostgreSQL serves it and which programs fit it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace stoa::runtime {

/// Everything below one data directory.
struct cluster_layout {
  std::filesystem::path data;
  /// The cluster itself.
  std::filesystem::path cluster() const { return data / "postgres"; }
  /// Where initdb works; renamed when it is done, so that `cluster()` is complete or absent.
  std::filesystem::path unfinished() const { return data / "postgres.new"; }
  /// Held by the server that uses the directory.
  std::filesystem::path lock() const { return data / "stoa.lock"; }
  /// What a running postmaster writes about itself.
  std::filesystem::path pid_file() const { return cluster() / "postmaster.pid"; }
  /// What initdb and PostgreSQL print while they start.
  std::filesystem::path console() const { return data / "postgres-console.log"; }
  /// Beside the cluster, or in a directory with a short and plain name where that path is too long for a socket, or has
  /// blanks, commas, quotes or the like.
  std::filesystem::path socket_dir() const;
  /// The connection string over a socket in the given directory.
  std::string connection(const std::filesystem::path& socket, const std::string& user,
                         const std::string& database) const;
};

/// The layout below a directory as given, which need not exist yet.
cluster_layout layout_of(const std::filesystem::path& data_dir);

/// What a running postmaster writes about itself.
struct postmaster_file {
  pid_t pid = 0;
  std::filesystem::path socket_dir;
  bool ready = false;
};

/// The cluster's pid file, which may be stale; nullopt when there is none.
std::optional<postmaster_file> read_postmaster_file(const cluster_layout& at);

/// Whether the process is a PostgreSQL that works in this cluster, rather than one that got an old number.
bool serves_cluster(pid_t pid, const cluster_layout& at);

/// The pid file of a PostgreSQL that runs; nullopt when none does.
std::optional<postmaster_file> running_postmaster(const cluster_layout& at);

/// The directory of PostgreSQL's programs: the given one, or the one that fits the cluster. Throws embedded_error.
std::filesystem::path find_bin_dir(const cluster_layout& at, const std::filesystem::path& given);

/// A whole file; empty when it cannot be read.
std::string read_text(const std::filesystem::path& path);

/// The end of a file, short enough for an error message.
std::string last_lines(const std::filesystem::path& path);

}  // namespace stoa::runtime
