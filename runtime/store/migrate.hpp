// Migrations: numbered SQL files, each applied once, in order, in one transaction.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/store/plain.hpp"
#include "stoa/log.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// A numbered file: `0001_accounts.sql`.
struct migration {
  int version = 0;
  std::string name;      ///< the file's name
  std::string checksum;  ///< SHA-256 of its bytes, in hex
};

struct migrate_options {
  std::string connection;
  std::filesystem::path folder;
  /// `core`, or a plugin's id: its files run in its own schema.
  std::string scope = "core";
  /// The database role in which the files run; empty: that of the connection. The schema is there and the role's.
  std::string role = {};
  /// Refuse where something would have to be applied, instead of applying it.
  bool only_check = false;
  /// For another process that migrates, and for locks that statements of a file need.
  seconds lock_wait{30};
  logger* log = nullptr;
  /// Called when all is applied, also where nothing was to, while the lock is still held. May be empty.
  std::function<void(plain_connection&)> afterwards = {};
};

/// Says what does not fit, with file, expected and found where that is the matter.
class migration_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The schema of a scope: `public` for the core, `plugin_<id>` for a plugin (dashes become underscores).
std::string migration_schema(const std::string& scope);

/// Applies what is missing and returns it. Refuses when a file that was applied has changed or is gone, and when
/// numbers are missing or double; then nothing is applied. Throws migration_error, or db_error when the database is
/// away.
std::vector<migration> migrate(const migrate_options& options);

/// What `migrate` would apply, with the same checks. Changes nothing.
std::vector<migration> pending(const migrate_options& options);

}  // namespace stoa::runtime
