// A real S3 service on loopback: radosgw, once for the program.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

namespace stoa::testing {

class rgw {
 public:
  static rgw& shared() {
    static rgw one;
    return one;
  }
  /// Whether there is none: then that is said, and the test has nothing to do.
  static bool missing() {
    if (!shared().address().empty()) return false;
    WARN("radosgw is not installed (./dev test installs it): the S3 storage is not tried");
    return true;
  }

  /// `http://127.0.0.1:PORT`; the bucket `media`, the key AKSTOA, the secret SKSTOA. Empty where it is not installed.
  const std::string& address() const { return address_; }

  rgw(const rgw&) = delete;
  rgw& operator=(const rgw&) = delete;

 private:
  rgw() : folder_(std::filesystem::temp_directory_path() / ("stoa-rgw-" + std::to_string(::getpid()))) {
    const int status = std::system(
        (script() + " start " + folder_.string() + " " + std::to_string(::getpid()) + " >/dev/null").c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return;
    std::ifstream in(folder_ / "address");
    in >> address_;
    if (address_.empty()) throw std::runtime_error("radosgw does not start");
  }
  ~rgw() {
    if (!address_.empty() && std::system((script() + " stop " + folder_.string()).c_str()) != 0)
      std::cerr << "radosgw could not be ended\n";
  }
  static std::string script() { return STOA_SOURCE_DIR "/tests/support/rgw"; }

  const std::filesystem::path folder_;
  std::string address_;
};

}  // namespace stoa::testing
