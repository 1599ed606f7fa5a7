#include "tests/support/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "runtime/store/embedded.hpp"
#include "stoa/text.hpp"
#include "tests/support/eventually.hpp"

extern char** environ;

namespace stoa::testing {
namespace fs = std::filesystem;
namespace {

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A folder that the user postgres can enter.
fs::path fresh_folder() {
  char name[] = "/tmp/stoa-contract-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("cannot make a temporary directory");
  ::chmod(name, 0711);
  return name;
}

/// This program's environment without settings of a server, and `more` behind it.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> out;
  for (char** e = environ; *e; ++e)
    if (!std::string_view(*e).starts_with("STOA_")) out.emplace_back(*e);
  for (const auto& [name, value] : more) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& from) {
  std::vector<char*> out;
  for (auto& s : from) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

/// Starts a program in `folder`, its outputs appended to files. It ends with this one.
pid_t launch(std::vector<std::string> argv, std::vector<std::string> environment, const fs::path& folder,
             const fs::path& out, const fs::path& err, std::uint64_t open_files = 0) {
  auto arguments = pointers(argv);
  auto variables = pointers(environment);
  const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const rlimit few{open_files, open_files};
    if (open_files && ::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(126);
    if (::getppid() != parent || ::chdir(folder.c_str()) != 0) ::_exit(126);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (::dup2(nothing, 0) < 0 || ::dup2(out_fd, 1) < 0 || ::dup2(err_fd, 2) < 0) ::_exit(126);
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::close(out_fd);
  ::close(err_fd);
  if (child < 0) throw std::runtime_error("cannot start " + argv.front());
  return child;
}

/// The rest of the line that begins with `mark`; empty where it is not there as a whole.
std::string behind(const std::string& text, std::string_view mark) {
  const auto at = text.find(mark);
  const auto end = at == text.npos ? at : text.find('\n', at);
  return end == text.npos ? std::string() : text.substr(at + mark.size(), end - at - mark.size());
}

/// The embedded PostgreSQL of a killed server.
void end_orphan(const fs::path& data) {
  std::ifstream in(data / "postgres" / "postmaster.pid");
  pid_t pid = 0;
  if (in >> pid && pid > 1) {
    ::kill(pid, SIGQUIT);
    eventually([&] { return ::kill(pid, 0) != 0; }, std::chrono::seconds{10});
  }
}

}  // namespace

fs::path build_folder() {
  if (const char* named = std::getenv("STOA_TEST_BUILD"); named && *named) return named;
  return fs::read_symlink("/proc/self/exe").parent_path();
}

server::server(server_options options) : options_(std::move(options)) {
  own_data_ = options_.data.empty();
  data_ = own_data_ ? fresh_folder() : options_.data;
  log_ = data_ / "server.log";
  try {
    start();
  } catch (...) {
    if (own_data_) {
      std::error_code ignored;
      fs::remove_all(data_, ignored);
    }
    throw;
  }
}

server::~server() {
  try {
    if (running()) stop(std::chrono::seconds{20});
  } catch (const std::exception&) {
    kill();
  }
  if (!own_data_) return;
  end_orphan(data_);
  std::error_code ignored;
  fs::remove_all(data_, ignored);
}

void server::start() {
  if (running()) return;
  std::vector<std::pair<std::string, std::string>> environment = {{"STOA_LIMITS_ENABLED", "false"},
                                                                  {"STOA_LOG_LEVEL", "warn"}};
  for (const auto& e : options_.environment) environment.push_back(e);
  std::vector<std::string> argv = {build_folder() / "stoa", "serve", "--data", data_, "--listen", "127.0.0.1:0"};
  for (const auto& a : options_.arguments) argv.push_back(a);
  const auto before = log().size();
  pid_ = launch(std::move(argv), environment_with(environment), data_, log_, log_, options_.open_files);
  const bool ready = eventually(
      [&] {
        const auto text = log().substr(before);
        url_ = behind(text, "ready on ");
        admin_url_ = behind(text, "operators ");
        return (!url_.empty() && !admin_url_.empty()) || !running();
      },
      std::chrono::seconds{90});
  if (running() && ready) return;
  const std::string why = "the server did not become ready:\n" + log().substr(before);
  kill();
  end_orphan(data_);
  throw std::runtime_error(why);
}

std::string server::log() const { return content(log_); }

bool server::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  reap(status);
  return false;
}

void server::reap(int status) {
  status_ = status;
  pid_ = -1;
}

std::string server::database() const {
  auto text = runtime::embedded_postgres::attach(data_);
  if (!text) throw std::runtime_error("the server's PostgreSQL cannot be reached");
  return *text;
}

int server::stop(std::chrono::milliseconds patience) {
  if (running()) {
    ::kill(pid_, SIGTERM);
    if (!eventually([&] { return !running(); }, patience))
      throw std::runtime_error("the server did not stop:\n" + log());
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

void server::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  reap(status);
}

server& shared_server() {
  static server one{server_options{}};
  return one;
}

std::unique_ptr<server> start_server(std::vector<std::pair<std::string, std::string>> environment,
                                     std::vector<std::string> arguments) {
  return std::make_unique<server>(server_options{std::move(environment), std::move(arguments), {}});
}

command_result run_stoa(std::vector<std::string> arguments) {
  const auto folder = fresh_folder();
  arguments.insert(arguments.begin(), build_folder() / "stoa");
  const pid_t child = launch(std::move(arguments), environment_with({{"STOA_LOG_LEVEL", "warn"}}), folder,
                             folder / "out", folder / "err");
  command_result result;
  int status = 0;
  if (!eventually([&] { return ::waitpid(child, &status, WNOHANG) != 0; }, std::chrono::seconds{60})) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = content(folder / "out");
  result.errors = content(folder / "err");
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return result;
}

std::string fresh_email(const std::string& front) {
  static std::atomic<int> made{0};
  return front + "." + std::to_string(::getpid()) + "." + std::to_string(++made) + "@example.com";
}

person account_at(const testing::client& to) {
  person p;
  p.email = fresh_email();
  p.password = "SecurePassword123!";
  const auto made =
      to.post("/learnflow/api/v1/auth/register/",
              object({{"email", p.email}, {"password", p.password}, {"first_name", "John"}, {"last_name", "Doe"}}));
  REQUIRE_STATUS(made, 201);
  p.id = made.text("id");
  p.access = made.text("access_token");
  p.refresh = made.text("refresh_token");
  return p;
}

person fresh_account(const server& at) { return account_at(at.client()); }

person fresh_account() { return fresh_account(shared_server()); }

person fresh_instructor(const server& at) {
  auto p = fresh_account(at);
  const auto changed = at.client().as(p.access).post("/apranova/api/users/update-role/", object({{"role", "trainer"}}));
  REQUIRE_STATUS(changed, 200);
  return p;
}

}  // namespace stoa::testing
