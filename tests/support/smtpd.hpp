// A real mail server for tests: aiosmtpd in a process of its own, on loopback.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "stoa/json.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

namespace stoa::testing {

/// Runs a program to its end; its standard output. Throws where it fails.
inline std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::string out;
  std::array<char, 4096> part;
  for (std::size_t n; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return out;
}

/// A certificate for 127.0.0.1 that nobody but its owner trusts.
class own_certificate {
 public:
  own_certificate() {
    output_of(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
        "-keyout " +
        key() + " -out " + file() + " 2>/dev/null");
  }
  std::string file() const { return (dir_.path() / "cert.pem").string(); }
  std::string key() const { return (dir_.path() / "key.pem").string(); }

 private:
  temp_dir dir_;
};

/// As long as this object lives it takes mail, as its options (tests/support/smtpd.py) say.
class smtpd {
 public:
  explicit smtpd(std::vector<std::string> options = {}) {
    std::vector<std::string> argv{"/usr/bin/python3", STOA_SOURCE_DIR "/tests/support/smtpd.py", dir_.path().string()};
    for (auto& o : options) argv.push_back(std::move(o));
    int in[2];
    if (::pipe2(in, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::vector<char*> args;
    for (auto& a : argv) args.push_back(a.data());
    args.push_back(nullptr);
    // It tells of every client that breaks off.
    const int said = ::open((dir_.path() / "said").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(said, 2);
      ::execv(args[0], args.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(said);
    alive_ = in[1];
    const auto file = dir_.path() / "port";
    if (!eventually([&] { return std::filesystem::exists(file); }, std::chrono::seconds{30})) {
      end();
      std::ifstream why(dir_.path() / "said");
      throw std::runtime_error("aiosmtpd does not start: " + std::string{std::istreambuf_iterator<char>(why), {}});
    }
    std::ifstream(file) >> port_;
  }
  ~smtpd() { end(); }
  smtpd(const smtpd&) = delete;
  smtpd& operator=(const smtpd&) = delete;

  int port() const noexcept { return port_; }
  /// How many mails it has taken.
  std::size_t count() const {
    std::size_t n = 0;
    while (std::filesystem::exists(file_of(n + 1))) ++n;
    return n;
  }
  /// Those to an address, by their places, in the order in which they came.
  std::vector<std::size_t> to(const std::string& address) const {
    std::vector<std::size_t> all;
    for (std::size_t n = 1; n <= count(); ++n) {
      std::string first;
      std::ifstream in(file_of(n), std::ios::binary);
      std::getline(in, first);
      if (first == "X-RcptTo: " + address + "\r") all.push_back(n);
    }
    return all;
  }
  /// One of them, from 1, as Python's parser reads it.
  json mail(std::size_t n) const {
    return json::parse(output_of("/usr/bin/python3 " STOA_SOURCE_DIR "/tests/support/mail_reader.py " + file_of(n)))
        .value();
  }
  std::string text(std::size_t n, const char* member) const { return mail(n).find(member)->text(); }
  /// A line for every answer to a recipient: `451 ada@example.com`.
  std::string log() const {
    std::ifstream in(dir_.path() / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string file_of(std::size_t n) const { return (dir_.path() / (std::to_string(n) + ".eml")).string(); }
  void end() {
    if (alive_ >= 0) ::close(alive_);
    alive_ = -1;
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }

  temp_dir dir_;
  pid_t pid_ = -1;
  int alive_ = -1;
  int port_ = 0;
};

}  // namespace stoa::testing
