// Identity providers that others wrote, and a browser that signs in there.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

#include "stoa/ids.hpp"
#include "tests/plugins/payments/npm_parts.hpp"

namespace stoa::testing {

inline constexpr const char* identity_redirect = "http://localhost:3000/auth/callback";

inline const npm_parts& identity_parts() {
  static const npm_parts installed{STOA_SOURCE_DIR "/tests/plugins/identity/npm"};
  return installed;
}

/// The first of so many ports in a row that were free a moment ago.
inline int free_ports(int how_many) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    int first = 0, got = 0;
    int fds[8];
    for (; got < how_many; ++got) {
      fds[got] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in a{};
      a.sin_family = AF_INET;
      a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      a.sin_port = htons(static_cast<std::uint16_t>(first ? first + got : 0));
      socklen_t size = sizeof a;
      if (::bind(fds[got], reinterpret_cast<sockaddr*>(&a), size) != 0) break;
      ::getsockname(fds[got], reinterpret_cast<sockaddr*>(&a), &size);
      if (!first) first = ntohs(a.sin_port);
    }
    for (int i = 0; i <= got && i < how_many; ++i) ::close(fds[i]);
    if (got == how_many) return first;
  }
  throw std::runtime_error("no free ports");
}

/// Where the browser of `who` is sent back to from there.
inline std::string browse(const std::string& url, const std::string& who) {
  const auto& parts = identity_parts();
  const auto r = parts.run({parts.node(), (parts.dir() / "browser.mjs").string(), url, who});
  if (r.status != 0) throw std::runtime_error("the browser got nowhere: " + r.out);
  return r.out;
}

/// A parameter of that address, unescaped as far as these tests need it.
inline std::string parameter(const std::string& url, const std::string& name) {
  const auto at = url.find((url.find('?' + name + '=') != url.npos ? '?' : '&') + name + '=');
  if (at == url.npos) return {};
  const auto from = at + name.size() + 2;
  std::string raw = url.substr(from, url.find('&', from) - from), out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%' && i + 2 < raw.size()) {
      out += static_cast<char>(std::stoi(raw.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += raw[i];
    }
  }
  return out;
}

inline void wait_for_server(const std::string& url) {
  const auto& parts = identity_parts();
  if (parts.run({parts.node(), (parts.dir() / "browser.mjs").string(), "wait", url}).status != 0)
    throw std::runtime_error("no server at " + url);
}

/// npm's oidc-provider: client `stoa` with the secret `s3cr3t`.
class oidc_server {
 public:
  oidc_server()
      : port_(free_ports(1)),
        program_(identity_parts(), {identity_parts().node(), (identity_parts().dir() / "op.mjs").string(),
                                    std::to_string(port_), identity_redirect}) {
    wait_for_server(issuer());
  }
  std::string issuer() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int port_;
  running_program program_;
};

/// npm's emulate: GitHub and Google with the people of `seed`.
class emulated_providers {
 public:
  emulated_providers() : port_(free_ports(2)), seed_(write_seed()), program_(identity_parts(), command()) {
    wait_for_server(github());
    wait_for_server(google());
  }
  ~emulated_providers() { ::unlink(seed_.c_str()); }
  std::string github() const { return "http://localhost:" + std::to_string(port_); }
  std::string google() const { return "http://localhost:" + std::to_string(port_ + 1); }
  /// Their users, fresh for each of these.
  const std::string& mark() const { return mark_; }

 private:
  std::string write_seed() {
    const auto path = identity_parts().dir() / ("seed-" + mark_ + ".yaml");
    const std::string back = "redirect_uris: [\"" + std::string(identity_redirect) + "\"]";
    std::ofstream(path) << "github: {users: [{login: octo" << mark_ << ", name: The Octocat, email: octo" << mark_
                        << "@github.test}], oauth_apps: [{client_id: Iv1.stoa, client_secret: ghsecret, name: Stoa, "
                        << back << "}]}\n"
                        << "google: {users: [{email: ada" << mark_
                        << "@gmail.test, name: Ada Lovelace, email_verified: "
                        << "true}, {email: unv" << mark_ << "@gmail.test, name: U, email_verified: false}], "
                        << "oauth_clients: [{client_id: stoa.apps, client_secret: GOCSPX-x, name: Stoa, " << back
                        << "}]}\n";
    return path.string();
  }
  std::vector<std::string> command() const {
    return {identity_parts().node(),
            identity_parts().module("emulate/dist/index.js"),
            "start",
            "-p",
            std::to_string(port_),
            "-s",
            "github,google",
            "--seed",
            seed_};
  }
  const std::string mark_ = hex(sha256(uuid::make_v7().str())).substr(0, 10);
  int port_;
  std::string seed_;
  running_program program_;
};

}  // namespace stoa::testing
