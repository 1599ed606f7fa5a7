// The PostgreSQL that a program of tests runs for itself.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace stoa::testing {

class cluster {
 public:
  /// The program's one, or the one STOA_TEST_DATABASE names; started by the first call.
  static cluster& shared();
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  /// A connection string of that database.
  std::string connection(const std::string& database) const;

 private:
  cluster();
  void launch(const std::filesystem::path& bin);

  std::string given_;
  std::filesystem::path dir_;
  pid_t server_ = -1;
};

}  // namespace stoa::testing
