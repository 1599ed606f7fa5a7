// A PostgreSQL for one test: the core's tables and the plugin's own, made in a moment, gone at its end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stoa/db.hpp"

namespace stoa::testing {

/// The migrations of the core that this SDK belongs to.
std::filesystem::path core_migrations();

/// A database of its own, with the core's tables, the plugin's schema `plugin_<id>` and its role. The plugin's
/// statements run in that role, as in a server: what it may not read there it cannot read here.
///
/// It lives in the PostgreSQL that STOA_TEST_DATABASE names (a connection string; the user may make databases and
/// roles), otherwise in one that the program starts for itself when the first is made and ends with the program;
/// started by root it runs as the user `postgres`. Statements run at once, on the caller's thread, one after another;
/// completions are called before the call returns. Thread-safe.
class throwaway_database final : public database {
 public:
  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;

  /// `migrations` is the plugin's folder of 0001_name.sql files; empty: it has none. Throws std::runtime_error with the
  /// file and PostgreSQL's words where one fails, or where no PostgreSQL can be started.
  explicit throwaway_database(std::string plugin_id, const std::filesystem::path& migrations = {});
  ~throwaway_database() override;
  throwaway_database(const throwaway_database&) = delete;
  throwaway_database& operator=(const throwaway_database&) = delete;

  void run(acting who, lane l, const statement& s, values v, std::function<void(result<rows>)> completion) override;
  void transact(acting who, lane l, std::function<result<done>(connection&)> work,
                std::function<void(result<done>)> completion) override;
  task<rows> query(acting who, const statement& s, values v, lane l) override;
  task<done> in_transaction(acting who, std::function<result<done>(connection&)> work, lane l) override;

  /// The test's own look, with the rights of the database's owner and before row-level security. Throws db_error.
  rows look(const std::string& sql, const values& v = {});

  /// Its connection string.
  const std::string& connection_string() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::testing
