#include "testing/running_server.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "home.hpp"
#include "pause.hpp"

extern char** environ;

namespace stoa::testing {
namespace fs = std::filesystem;
namespace {

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<char*> pointers(std::vector<std::string>& from) {
  std::vector<char*> out;
  for (auto& s : from) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

/// Sends everything and reads until the server closes, within ten seconds.
std::string exchange(const std::string& host, const std::string& port, const std::string& text) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("no address " + host);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const bool there = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  std::string answer;
  bool whole = there && ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  char some[8192];
  while (whole) {
    const auto n = ::recv(fd, some, sizeof some, 0);
    if (n <= 0) {
      whole = n == 0;
      break;
    }
    answer.append(some, static_cast<std::size_t>(n));
  }
  if (fd >= 0) ::close(fd);
  if (!whole) throw std::runtime_error("no answer from " + host + ":" + port);
  return answer;
}

}  // namespace

running_server::running_server(const std::vector<fs::path>& plugins, const std::vector<std::string>& settings) {
  const auto program = fs::canonical(server_program());
  char name[] = "/tmp/stoa-server-test-XXXXXX";
  if (!::mkdtemp(name)) throw std::runtime_error("cannot make a temporary directory");
  dir_ = name;
  ::chmod(name, 0711);  // started by root, its PostgreSQL is another user's
  const auto together = dir_ / "plugins";
  fs::create_directory(together);
  const auto above = program.parent_path().parent_path();
  for (const auto& shipped : {above / "lib" / "stoa" / "plugins", program.parent_path() / "plugins"}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(shipped, none))
      if (fs::exists(entry.path() / "plugin.toml", none))
        fs::create_directory_symlink(entry.path(), together / entry.path().filename(), none);
  }
  for (const auto& p : plugins) {
    const auto place = together / fs::canonical(p).filename();
    fs::remove(place);
    fs::create_directory_symlink(fs::canonical(p), place);
  }

  std::vector<std::string> words{program, "serve", "--data", dir_ / "data", "--listen", "127.0.0.1:0"};
  std::vector<std::string> all{"plugins.dir=" + together.string(), "limits.enabled=false", "admin.listen=off"};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& s : all) words.insert(words.end(), {"--set", s});
  std::vector<std::string> variables;
  for (char** e = environ; *e; ++e)
    if (!std::string_view(*e).starts_with("STOA_")) variables.emplace_back(*e);
  auto argv = pointers(words);
  auto env = pointers(variables);
  const auto log_file = dir_ / "log";
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    const int out = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // it ends with the tests, however they end
    if (::getppid() != parent || ::chdir(dir_.c_str()) != 0 || ::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 ||
        ::dup2(out, 2) < 0)
      ::_exit(126);
    ::execve(argv[0], argv.data(), env.data());
    ::_exit(127);
  }
  bool ended = false;
  comes_true(
      [&] {
        const auto text = log();
        const std::string_view mark = "ready on ";
        const auto at = text.find(mark);
        const auto end = at == text.npos ? at : text.find_first_of(" \n", at + mark.size());
        if (end != text.npos) url_ = text.substr(at + mark.size(), end - at - mark.size());
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) ended = true, pid_ = -1;
        return !url_.empty() || ended;
      },
      std::chrono::minutes{2});
  if (url_.empty() || ended) {
    const auto why = log();
    end();
    throw std::runtime_error("the server did not become ready:\n" + why);
  }
}

running_server::~running_server() { end(); }

void running_server::end() noexcept {
  if (pid_ > 0) {
    int status = 0;
    ::kill(pid_, SIGTERM);
    if (!comes_true([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, std::chrono::seconds{40})) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
  }
  pid_ = -1;
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::string running_server::log() const { return text_of(dir_ / "log"); }

http_answer running_server::send(const std::string& method, const std::string& path, const std::string& token,
                                 const std::string& body) const {
  const auto at = url_.find("://") + 3;
  const auto colon = url_.rfind(':');
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: " + url_.substr(at) + "\r\nConnection: close\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH")
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  const auto answer = exchange(url_.substr(at, colon - at), url_.substr(colon + 1), text + "\r\n" + body);
  http_answer out;
  if (answer.size() > 12) out.status = std::atoi(answer.c_str() + 9);
  if (const auto end = answer.find("\r\n\r\n"); end != answer.npos) out.body = answer.substr(end + 4);
  if (auto parsed = json::parse(out.body)) out.parsed = std::move(*parsed);
  return out;
}

running_server::person running_server::register_somebody() const {
  static std::atomic<int> made{0};
  const auto answer = send("POST", "/api/v1/auth/register/", {},
                           R"({"email": "somebody)" + std::to_string(++made) +
                               R"(@example.com", "password": "Analytical-Engine-1843", "first_name": "Some", )"
                               R"("last_name": "Body"})");
  person out;
  if (const json* id = answer.parsed.find("id")) out.id = id->text();
  if (const json* token = answer.parsed.find("access_token")) out.token = token->text();
  if (out.token.empty()) throw std::runtime_error("no account was made: " + answer.body);
  return out;
}

}  // namespace stoa::testing
