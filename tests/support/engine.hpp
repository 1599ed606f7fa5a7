// A real container engine, once for the program: dockerd or podman.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "runtime/outbound/curl_http_client.hpp"
#include "stoa/http_text.hpp"
#include "stoa/json.hpp"
#include "testing/waiting.hpp"

namespace stoa::testing {

class engine {
 public:
  static engine& docker() {
    static engine one("docker");
    return one;
  }
  static engine& podman() {
    static engine one("podman");
    return one;
  }
  /// Whether there is none: then that is said, and the test has nothing to do.
  bool missing() const {
    if (runs_) return false;
    WARN(kind_ << " is not installed or cannot run here (./dev test installs it): workspaces are not tried with it");
    return true;
  }

  /// As the setting `engine` has it. The image is `localhost/ws:1`: busybox.
  std::string address() const { return "unix://" + (folder_ / "s").string(); }
  /// The daemon alone; what runs goes on.
  void pause() const { script("pause"); }
  void again() const { REQUIRE(script("again") == 0); }

  http_response ask(const std::string& method, const std::string& path) const {
    runtime::curl_http_client http{{}};
    http_request r;
    r.method = method;
    r.url = "http+unix://" + http::percent_encoded((folder_ / "s").string()) + "/v1.41" + path;
    r.allow_private = true;
    r.timeout = seconds{20};
    auto got = wait_for<http_response>(http.send(std::move(r)));
    REQUIRE(got);
    return std::move(got).value();
  }
  json read(const std::string& path) const { return json::parse(ask("GET", path).body).value(); }
  /// Containers of an installation.
  std::vector<json> containers(const std::string& installation) const {
    return read("/containers/json?all=1&filters=" +
                http::percent_encoded(R"({"label":["stoa.installation=)" + installation + R"("]})"))
        .items();
  }
  /// Names of networks or volumes that belong to an installation.
  std::size_t others(const std::string& kind, const std::string& installation) const {
    const auto all = read("/" + kind);
    const auto* inside = kind == "volumes" ? all.find("Volumes") : &all;
    std::size_t n = 0;
    for (const auto& one : inside->items())
      n += one.find("Name")->text().starts_with("stoa-" + installation.substr(0, 8) + "-");
    return n;
  }

  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

 private:
  explicit engine(std::string kind)
      : kind_(std::move(kind)), folder_("/tmp/x" + kind_.substr(0, 1) + std::to_string(::getpid())) {
    const int status = std::system(
        (path() + " start " + kind_ + " " + folder_.string() + " " + std::to_string(::getpid()) + " >/dev/null")
            .c_str());
    runs_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  ~engine() {
    if (script("stop") != 0) std::cerr << kind_ << " could not be ended\n";
  }
  static std::string path() { return STOA_SOURCE_DIR "/tests/support/engine"; }
  int script(const std::string& what) const {
    return std::system((path() + " " + what + " " + folder_.string()).c_str());
  }

  const std::string kind_;
  const std::filesystem::path folder_;
  bool runs_ = false;
};

}  // namespace stoa::testing
