// A bare libpq connection for administration: whole scripts at once, errors with PostgreSQL's full text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"

namespace stoa::runtime {

class plain_connection {
 public:
  using table = std::vector<std::vector<std::optional<std::string>>>;

  /// Connects; throws db_error.
  explicit plain_connection(const std::string& conninfo);
  ~plain_connection();
  plain_connection(const plain_connection&) = delete;
  plain_connection& operator=(const plain_connection&) = delete;

  /// Runs one or many statements by the simple protocol; nothing in the text is a placeholder. The rows are the last
  /// statement's. Throws db_error with PostgreSQL's whole message.
  table run(const std::string& sql);
  /// Runs one statement with `$1`, `$2`, ... bound.
  table run(const std::string& sql, const std::vector<std::string>& bound);
  /// Has the server look at one statement with `$1`, `$2`, ... without running it. Throws db_error.
  void look_at(const std::string& sql);
  /// Between `begin` and its end, whether or not a statement has failed since.
  bool in_transaction() const;
  std::string identifier(const std::string& name) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Whether a failure to connect may pass by itself: nobody listens yet, the server starts or has no free session. A
/// wrong password, a certificate that is not trusted, or a database that is not there does not. libpq gives no code
/// for failures to connect, only words.
bool may_pass(const db_error& failure);

}  // namespace stoa::runtime
