#include "runtime/crash/marker.hpp"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace stoa::runtime {

namespace {

thread_local code_mark mark;
std::atomic<int> journal{-1};
std::atomic<bool> handling{false};

/// A line put together without allocating: what does not fit is left out.
class line {
 public:
  void add(const char* text) noexcept {
    for (; *text != '\0' && size_ + 1 < bytes_.size(); ++text) bytes_[size_++] = *text == '\n' ? ' ' : *text;
  }
  void add(long long number) noexcept {
    std::array<char, 24> digits{};
    std::size_t at = digits.size() - 1;
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0 && at > 0);
    add(digits.data() + at);
  }
  void write_to(int fd) noexcept {
    bytes_[size_] = '\n';
    for (std::size_t done = 0; done <= size_;) {
      const auto n = ::write(fd, bytes_.data() + done, size_ + 1 - done);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }

 private:
  std::array<char, 400> bytes_{};
  std::size_t size_ = 0;
};

void on_crash(int signal) {
  const code_mark where = mark;
  if (where.who != nullptr) {
    line told;
    told.add("stoa: signal ");
    told.add(signal);
    told.add(" in the plugin ");
    told.add(where.who);
    told.add(" (");
    told.add(where.what);
    told.add(")");
    told.write_to(STDERR_FILENO);
    if (const int fd = journal.load(); fd >= 0) {
      line kept;
      kept.add("crash ");
      kept.add(static_cast<long long>(::time(nullptr)));
      kept.add(" ");
      kept.add(::getpid());
      kept.add(" ");
      kept.add(signal);
      kept.add(" ");
      kept.add(where.who);
      kept.add(" ");
      kept.add(where.what);
      kept.write_to(fd);
      ::fsync(fd);
    }
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

/// A stack for the handler, where the thread's own has run out.
class spare_stack {
 public:
  spare_stack() {
    stack_t now{};
    if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    bytes_ = std::make_unique<std::byte[]>(size);
    stack_t own{};
    own.ss_sp = bytes_.get();
    own.ss_size = size;
    ::sigaltstack(&own, nullptr);
  }
  ~spare_stack() {
    if (!bytes_) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  spare_stack(const spare_stack&) = delete;
  spare_stack& operator=(const spare_stack&) = delete;

 private:
  static constexpr std::size_t size = 64 * 1024;
  std::unique_ptr<std::byte[]> bytes_;
};

void have_spare_stack() {
  if (!handling.load(std::memory_order_relaxed)) return;
  thread_local const spare_stack here;
  (void)here;
}

}  // namespace

in_code_of::in_code_of(const char* who, const char* what) noexcept : before_(mark) {
  have_spare_stack();
  mark = {who, what};
}

in_code_of::~in_code_of() { mark = before_; }

code_mark current_mark() noexcept { return mark; }

void tell_crashes_to(int fd) noexcept {
  journal = fd;
  if (handling.exchange(true)) return;
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::sigaction(signal, &action, nullptr);
}

}  // namespace stoa::runtime
