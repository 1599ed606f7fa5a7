// The database of one command, beside a running server or started for the moment.
#pragma once

#include <memory>

#include "cli/composition.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/store/plain.hpp"

namespace stoa::cli {

/// Brought up to date and connected to for as long as it lives.
class database_visit {
 public:
  explicit database_visit(const runtime::settings& s)
      : log_(runtime::make_logger({log_level::warn, runtime::log_style::automatic})),
        home_(s, database_home::use::beside, *log_) {
    home_.migrate(*log_);
    db_ = std::make_unique<runtime::plain_connection>(home_.connection());
    db_->run("set stoa.acting = 'system'");
  }
  ~database_visit() {
    db_.reset();
    home_.stop();
  }
  database_visit(const database_visit&) = delete;
  database_visit& operator=(const database_visit&) = delete;

  runtime::plain_connection& operator*() { return *db_; }
  runtime::plain_connection* operator->() { return db_.get(); }
  const database_home& home() const { return home_; }

 private:
  std::shared_ptr<runtime::bound_logger> log_;
  database_home home_;
  std::unique_ptr<runtime::plain_connection> db_;
};

}  // namespace stoa::cli
