#include "runtime/store/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

namespace stoa::runtime {

namespace {

/// Between fork and exec only system calls are safe: other threads may have held any lock.
bool become(const unix_user& user) noexcept {
  return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0;
}

void default_signals() noexcept {
  for (int s = 1; s < NSIG; ++s) ::signal(s, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_from(int first) noexcept {
#ifdef SYS_close_range
  if (::syscall(SYS_close_range, first, ~0u, 0) == 0) return;
#endif
  for (int fd = first; fd < 65536; ++fd) ::close(fd);
}

}  // namespace

std::optional<unix_user> unix_user::find(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::nullopt;
  unix_user user{name, found->pw_uid, found->pw_gid, {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(name.c_str(), user.gid, user.groups.data(), &count) < 0) count = 1, user.groups[0] = user.gid;
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void unique_fd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

pid_t spawn(const std::vector<std::string>& argv, const std::optional<unix_user>& as, int output, int input) {
  std::vector<char*> arguments;
  for (const auto& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const std::string user = "USER=" + (as ? as->name : std::string("stoa"));
  std::vector<char*> environment;
  for (const char* e : {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/", user.c_str()})
    environment.push_back(const_cast<char*>(e));
  environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start " + argv.front());
  if (child > 0) return child;
  default_signals();
  ::setsid();
  ::umask(077);
  if (input < 0) input = ::open("/dev/null", O_RDONLY);
  if (input < 0 || ::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(126);
  close_from(3);
  // The current directory may be one the other user cannot enter.
  if (::chdir("/") != 0) ::_exit(126);
  if (as && !become(*as)) ::_exit(126);
  ::execve(arguments[0], arguments.data(), environment.data());
  ::_exit(127);
}

last_watch::last_watch(pid_t pid, const std::filesystem::path& pid_file, const std::filesystem::path& lock,
                       std::chrono::seconds grace) {
  // $1 the process, $2 its file, $3 the lock, $4 the grace. A server that starts meanwhile takes the process over; the
  // lock is held for no longer than the question takes.
  static constexpr const char* script =
      "while read -r ended; do :; done\n"
      "sleep \"$4\"\n"
      "exec 9<\"$3\" || exit 0\n"
      "flock -n 9 || exit 0\n"
      "read -r found <\"$2\" || exit 0\n"
      "[ \"$found\" = \"$1\" ] || exit 0\n"
      "kill -INT \"$1\"\n"
      "exec 9<&-\n"
      "for second in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 \"$1\" || exit 0; done\n"
      "kill -QUIT \"$1\"\n";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  const unique_fd heard{ends[0]};
  alive_ = unique_fd{ends[1]};
  const unique_fd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  watcher_ = spawn({"/bin/sh", "-c", script, "stoa-watch", std::to_string(pid), pid_file.string(), lock.string(),
                    std::to_string(grace.count())},
                   std::nullopt, nowhere.get(), heard.get());
}

last_watch::~last_watch() {
  // Its children, a `sleep` at most, are of its session.
  ::kill(-watcher_, SIGKILL);
  ::kill(watcher_, SIGKILL);
  wait_for(watcher_, std::chrono::milliseconds{2000});
}

std::optional<int> reap(pid_t child) {
  int status = 0;
  const pid_t ended = ::waitpid(child, &status, WNOHANG);
  if (ended == child) return status;
  if (ended < 0 && errno == ECHILD) return 0;
  return std::nullopt;
}

std::optional<int> wait_for(pid_t child, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (auto status = reap(child)) return status;
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

bool process_lives(pid_t pid) {
  if (pid <= 1 || (::kill(pid, 0) != 0 && errno == ESRCH)) return false;
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string stat{std::istreambuf_iterator<char>(in), {}};
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return in.is_open();
  const char state = stat[name_end + 2];
  return state != 'Z' && state != 'X';
}

std::optional<std::filesystem::path> unreachable_part(const std::filesystem::path& path, const unix_user& user) {
  std::vector<std::string> parts;
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    parts.push_back(so_far.string());
  }
  if (parts.size() > 100) return path;
  std::vector<const char*> names;
  for (const auto& p : parts) names.push_back(p.c_str());
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot fork");
  if (child == 0) {
    if (!become(user)) ::_exit(101);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (::access(names[i], X_OK) != 0) ::_exit(static_cast<int>(i) + 1);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  const auto at = WIFEXITED(status) ? static_cast<std::size_t>(WEXITSTATUS(status)) : parts.size();
  return std::filesystem::path(at <= parts.size() ? parts[at - 1] : path.string());
}

}  // namespace stoa::runtime
