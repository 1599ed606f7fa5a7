#include "cli/apart.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "runtime/crash/marker.hpp"

namespace stoa::cli {

namespace {

int told(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::exception& e) {
    std::cerr << "stoa: " << e.what() << '\n';
  } catch (...) {
    std::cerr << "stoa: something that is no exception was thrown\n";
  }
  return 1;
}

std::string all_of(int fd) {
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const auto n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace

int apart(const std::function<int()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe to a child process");
  std::cout.flush();
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(1);
    runtime::tell_crashes_to(ends[1]);
    const int code = told(work);
    std::cout.flush();
    std::fflush(nullptr);
    // Code of a plugin that nobody waited for may still run: nothing is destroyed any more.
    std::_Exit(code);
  }
  ::close(ends[1]);
  const auto text = all_of(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  // `crash <seconds> <pid> <signal> <plugin> <phase>`
  std::istringstream in(text);
  std::string word, when, pid, signal, plugin, phase;
  if (in >> word >> when >> pid >> signal >> plugin && std::getline(in >> std::ws, phase))
    std::cerr << "stoa: the plugin " << plugin << " ended this command with signal " << signal << " in " << phase
              << ". Mend it, or disable it with: stoa plugin disable " << plugin << '\n';
  else
    std::cerr << "stoa: this command ended with signal " << WTERMSIG(status) << '\n';
  return 1;
}

}  // namespace stoa::cli
