#include "cluster.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "pause.hpp"

namespace stoa::testing {
namespace fs = std::filesystem;
namespace {

/// Debian keeps a folder of programs for each version; elsewhere they lie in the path.
fs::path find_programs() {
  fs::path best;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(entry.path() / "bin" / "initdb", none) && entry.path() / "bin" > best) best = entry.path() / "bin";
  if (!best.empty()) return best;
  const char* path = std::getenv("PATH");
  std::string all = path ? path : "";
  for (std::size_t at = 0; at <= all.size();) {
    const auto end = std::min(all.find(':', at), all.size());
    const fs::path folder = all.substr(at, end - at);
    if (fs::exists(folder / "initdb", none)) return folder;
    at = end + 1;
  }
  throw std::runtime_error("no PostgreSQL is installed here: install postgresql-15, or name one in STOA_TEST_DATABASE");
}

const passwd* unprivileged() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  if (!user) throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres");
  return user;
}

pid_t start(std::vector<std::string> words, const fs::path& log) {
  const passwd* user = unprivileged();
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (user && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // it ends with the tests, however they end
  if (::getppid() != parent || ::chdir("/") != 0 || ::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0)
    ::_exit(126);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

cluster& cluster::shared() {
  static cluster one;
  return one;
}

cluster::cluster() {
  if (const char* named = std::getenv("STOA_TEST_DATABASE"); named && *named) {
    given_ = named;
    return;
  }
  const auto bin = find_programs();
  char name[] = "/tmp/stoa-plugin-test-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("cannot make a temporary directory");
  dir_ = name;
  if (const passwd* user = unprivileged(); user && ::chown(name, user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("cannot give " + dir_.string() + " to the user postgres");
  try {
    launch(bin);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
    throw;
  }
}

void cluster::launch(const fs::path& bin) {
  const auto log = dir_ / "log";
  const pid_t making = start(
      {bin / "initdb", "-D", dir_ / "data", "-U", "stoa", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"},
      log);
  int status = 0;
  ::waitpid(making, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed:\n" + text_of(log));
  server_ = start({bin / "postgres", "-D", dir_ / "data", "-k", dir_, "-c", "listen_addresses=", "-c", "fsync=off",
                   "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=50"},
                  log);
  const bool up = comes_true(
      [&] {
        return PQping(connection("postgres").c_str()) == PQPING_OK || ::waitpid(server_, &status, WNOHANG) == server_;
      },
      std::chrono::seconds{30});
  if (!up || PQping(connection("postgres").c_str()) != PQPING_OK)
    throw std::runtime_error("PostgreSQL does not start:\n" + text_of(log));
}

cluster::~cluster() {
  if (server_ > 0) {
    ::kill(server_, SIGQUIT);
    int status = 0;
    ::waitpid(server_, &status, 0);
  }
  std::error_code ignored;
  if (!dir_.empty()) fs::remove_all(dir_, ignored);
}

std::string cluster::connection(const std::string& database) const {
  if (!given_.empty()) return given_ + " dbname='" + database + "'";
  return "host='" + dir_.string() + "' user=stoa dbname='" + database + "'";
}

}  // namespace stoa::testing
