// A PostgreSQL for tests: one for the whole program, made on first use, gone at its end.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/store/embedded.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/store.hpp"
#include "testing/waiting.hpp"

namespace stoa::testing {

/// A directory below /tmp that the user postgres can enter; removed with its content.
class temp_dir {
 public:
  temp_dir() {
    char name[] = "/tmp/stoa-test-XXXXXX";
    if (!::mkdtemp(name)) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
    ::chmod(name, 0711);
  }
  ~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class test_postgres {
 public:
  /// The program's PostgreSQL.
  static test_postgres& shared() {
    static test_postgres one;
    return one;
  }

  test_postgres() {
    runtime::embedded_options o;
    o.data_dir = dir_.path() / "data";
    o.durable = false;
    server_ = std::make_unique<runtime::embedded_postgres>(std::move(o));
  }

  runtime::embedded_postgres& server() { return *server_; }

  /// A new empty database owned by the role `stoa`; its connection string.
  std::string fresh_database() {
    static std::atomic<int> made{0};
    const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    runtime::plain_connection db{server_->superuser_connection_string("postgres")};
    db.run("create database " + name + " owner stoa");
    std::string text = server_->connection_string();
    const auto at = text.find("dbname='stoa'");
    return text.replace(at, 13, "dbname='" + name + "'");
  }

 private:
  temp_dir dir_;
  std::unique_ptr<runtime::embedded_postgres> server_;
};

}  // namespace stoa::testing
