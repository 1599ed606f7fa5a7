// The installed `stoa`, with an embedded PostgreSQL of its own, as a child process: for the last test of all, in which
// the built plugin is loaded beside the first-party ones and answers over HTTP.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stoa/json.hpp"

namespace stoa::testing {

struct http_answer {
  int status = 0;
  std::string body;
  json parsed;  ///< null where the body is no JSON
};

class running_server {
 public:
  /// Starts the `stoa` of this SDK (or the one that STOA_TEST_SERVER names) at a free port, with its first-party
  /// plugins and the built ones in these folders, and waits until it serves. `settings` are `section.key=value`. Throws
  /// std::runtime_error with the server's log where it does not within two minutes.
  explicit running_server(const std::vector<std::filesystem::path>& plugins,
                          const std::vector<std::string>& settings = {});
  /// Ends it and removes its data.
  ~running_server();
  running_server(const running_server&) = delete;
  running_server& operator=(const running_server&) = delete;

  /// `http://127.0.0.1:PORT`.
  const std::string& url() const noexcept { return url_; }
  /// One request, with a JSON body where there is one; `token` goes into Authorization.
  http_answer send(const std::string& method, const std::string& path, const std::string& token = {},
                   const std::string& body = {}) const;
  http_answer get(const std::string& path, const std::string& token = {}) const { return send("GET", path, token); }

  struct person {
    std::string id, token;
  };
  /// A new account, signed in.
  person register_somebody() const;
  /// All that the server has said.
  std::string log() const;

 private:
  void end() noexcept;
  std::filesystem::path dir_;
  std::string url_;
  pid_t pid_ = -1;
};

}  // namespace stoa::testing
