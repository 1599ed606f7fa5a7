// Child processes in a session of their own, under another user where we are root.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace stoa::runtime {

/// Whom a child runs as.
struct unix_user {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  static std::optional<unix_user> find(const std::string& name);
};

/// A file descriptor that is closed at the end and never inherited by programs.
class unique_fd {
 public:
  explicit unique_fd(int fd = -1) noexcept : fd_(fd) {}
  ~unique_fd() { reset(); }
  unique_fd(unique_fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  unique_fd& operator=(unique_fd&& other) noexcept;
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_;
};

/// Starts a program with a small fixed environment, both outputs into `output`, reading `input` or nothing. Throws
/// std::system_error.
pid_t spawn(const std::vector<std::string>& argv, const std::optional<unix_user>& as, int output, int input = -1);

/// A small process that outlives this one, and then ends the process `pid`, unless somebody else has taken over: who
/// holds `lock` after `grace`, or whom the first line of `pid_file` names by then. Ended with the object, without a
/// word to anybody.
class last_watch {
 public:
  last_watch(pid_t pid, const std::filesystem::path& pid_file, const std::filesystem::path& lock,
             std::chrono::seconds grace);
  ~last_watch();
  last_watch(const last_watch&) = delete;
  last_watch& operator=(const last_watch&) = delete;

 private:
  pid_t watcher_ = 0;
  unique_fd alive_;  // closed by our end, however we end
};

/// The status of a child that has ended; nullopt while it runs.
std::optional<int> reap(pid_t child);
/// Waits for a child; nullopt when it still runs at the end of `patience`.
std::optional<int> wait_for(pid_t child, std::chrono::milliseconds patience);
/// Whether a process exists and is more than a zombie.
bool process_lives(pid_t pid);

/// The first part of an absolute path that the user cannot enter; nullopt when all of it can be reached.
std::optional<std::filesystem::path> unreachable_part(const std::filesystem::path& path, const unix_user& user);

}  // namespace stoa::runtime
