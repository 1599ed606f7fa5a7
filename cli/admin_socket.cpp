#include "cli/admin_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace stoa::cli {

namespace {

constexpr const char* socket_name = "admin.sock";
constexpr std::size_t longest_line = 64 * 1024;
constexpr int patience_of_server = 5'000;     // milliseconds, for a line to come or to be taken
constexpr int patience_of_command = 120'000;  // for an answer: a plugin's start has its own deadlines

class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  descriptor& operator=(descriptor&&) = delete;
  int operator*() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// The address by way of the open folder: a path of any length fits.
sockaddr_un address_in(int folder) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto text = "/proc/self/fd/" + std::to_string(folder) + "/" + socket_name;
  std::memcpy(at.sun_path, text.c_str(), text.size() + 1);
  return at;
}

bool connects(int fd, const sockaddr_un& at) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;  // NOLINT
}

descriptor new_socket() { return descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

[[noreturn]] void give_up(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

bool ready(int fd, short what, int within, int other = -1) {
  std::array<pollfd, 2> both{{{fd, what, 0}, {other, POLLIN, 0}}};
  const auto n = ::poll(both.data(), other < 0 ? 1 : 2, within);
  return n > 0 && both[1].revents == 0 && (both[0].revents & (what | POLLHUP)) != 0;
}

/// Up to a line's end; nothing where it is too long or does not come.
std::optional<std::string> read_line(int fd, std::size_t longest, int within) {
  std::string line;
  std::array<char, 4096> buffer{};
  while (line.size() < longest) {
    if (!ready(fd, POLLIN, within)) return std::nullopt;
    const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return std::nullopt;
    line.append(buffer.data(), static_cast<std::size_t>(n));
    if (const auto end = line.find('\n'); end != line.npos) return line.substr(0, end);
  }
  return std::nullopt;
}

bool write_line(int fd, std::string text, int within) {
  text += '\n';
  for (std::size_t done = 0; done < text.size();) {
    if (!ready(fd, POLLOUT, within)) return false;
    const auto n = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

std::filesystem::path admin_socket_path(const std::filesystem::path& data) { return data / socket_name; }

struct admin_socket::state {
  state(const std::filesystem::path& data, std::function<std::string(const std::string&)> how)
      : answer(std::move(how)),
        folder(::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
        listening(new_socket()),
        ending(::eventfd(0, EFD_CLOEXEC)) {
    if (!folder || !listening || !ending) give_up("no socket in " + data.string());
    const auto at = address_in(*folder);
    if (const auto other = new_socket(); other && connects(*other, at))
      throw std::runtime_error("another server has the socket " + admin_socket_path(data).string());
    ::unlinkat(*folder, socket_name, 0);
    // Before it has a name: nobody else opens it in between.
    if (::fchmod(*listening, 0600) != 0) give_up("no socket in " + data.string());
    if (::bind(*listening, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||  // NOLINT
        ::listen(*listening, 8) != 0)
      give_up("no socket in " + data.string());
    thread = std::thread([this] { serve(); });
  }
  ~state() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = ::write(*ending, &one, sizeof one);
    thread.join();
    ::unlinkat(*folder, socket_name, 0);
  }

  void serve() {
    std::array<pollfd, 2> both{{{*listening, POLLIN, 0}, {*ending, POLLIN, 0}}};
    for (;;) {
      if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) return;
      if (both[1].revents != 0) return;
      if (both[0].revents == 0) continue;
      const descriptor caller(::accept4(*listening, nullptr, nullptr, SOCK_CLOEXEC));
      if (!caller || !ready(*caller, POLLIN, patience_of_server, *ending)) continue;
      if (const auto line = read_line(*caller, longest_line, patience_of_server))
        write_line(*caller, answer(*line), patience_of_server);
    }
  }

  const std::function<std::string(const std::string&)> answer;
  const descriptor folder, listening, ending;
  std::thread thread;
};

admin_socket::admin_socket(const std::filesystem::path& data,
                           std::function<std::string(const std::string& line)> answer)
    : state_(std::make_unique<state>(data, std::move(answer))) {}
admin_socket::~admin_socket() = default;

std::optional<std::string> ask_server(const std::filesystem::path& data, std::string_view line) {
  const descriptor folder(::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto socket = new_socket();
  if (!folder || !socket || !connects(*socket, address_in(*folder))) {
    if (errno == EACCES)
      throw std::runtime_error("the socket " + admin_socket_path(data).string() +
                               " is another user's: ask as the user of the server");
    return std::nullopt;
  }
  if (!write_line(*socket, std::string(line), patience_of_server))
    throw std::runtime_error("the server does not take commands");
  auto answer = read_line(*socket, 16 * 1024 * 1024, patience_of_command);
  if (!answer) throw std::runtime_error("the server does not answer");
  return answer;
}

}  // namespace stoa::cli
