// In whose code a thread is, so that a crash there can be told from one of our own.
#pragma once

namespace stoa::runtime {

/// What a thread is doing for somebody whose code may crash. Both texts outlive the mark.
struct code_mark {
  const char* who = nullptr;   ///< a plugin's id; null: our own code
  const char* what = nullptr;  ///< `start`, `subscription`, ...
};

/// This thread is in `who`'s code for as long as this lives; then where it was before. Costs two words written.
class in_code_of {
 public:
  in_code_of(const char* who, const char* what) noexcept;
  ~in_code_of();
  in_code_of(const in_code_of&) = delete;
  in_code_of& operator=(const in_code_of&) = delete;

 private:
  const code_mark before_;
};

/// The calling thread's. Async-signal-safe.
code_mark current_mark() noexcept;

/// From now on a signal that ends the process by a fault (SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL) while its thread is
/// in somebody's code writes a line to `fd` first: `crash <seconds> <pid> <signal> <who> <what>`, synced. Then the
/// signal does what it does by default. Once more with another `fd` redirects; -1 writes nothing. What runs out of
/// stack is caught on threads that were marked once.
void tell_crashes_to(int fd) noexcept;

}  // namespace stoa::runtime
