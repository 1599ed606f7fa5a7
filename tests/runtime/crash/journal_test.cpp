#include "runtime/crash/journal.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "runtime/crash/marker.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::runtime;

namespace {

timestamp now() { return system_clock().now(); }

/// Runs `what` in a process of its own; the signal that ended it, 0 for none.
int ended_by(const std::function<void()>& what) {
  const pid_t child = ::fork();
  if (child == 0) {
    what();
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

__attribute__((noinline)) int without_end(int n) {
  volatile char room[512];
  room[0] = static_cast<char>(n);
  return n < 0 ? 0 : without_end(n + 1) + room[0];
}

}  // namespace

TEST_CASE("a signal in marked code is written down with who and what, and ends the process as before", "[crash]") {
  temp_dir dir;
  const auto file = dir.path() / "crashes";
  const auto crashing = [&](const std::function<void()>& how) {
    return ended_by([&] {
      crash_journal journal(file);
      tell_crashes_to(journal.descriptor());
      how();
    });
  };
  SECTION("each of them") {
    const int signal = GENERATE(SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL);
    CHECK(crashing([&] {
            const in_code_of mark("badges", "subscription badges.given");
            ::raise(signal);
          }) == signal);
    const auto found = crash_journal(file).of("badges", now());
    REQUIRE(found.size() == 1);
    CHECK(found[0].signal == signal);
    CHECK(found[0].phase == "subscription badges.given");
    CHECK(found[0].at + minutes{1} > now());
  }
  SECTION("an exception that nobody catches") {
    CHECK(crashing([] {
            std::thread([] {
              const in_code_of mark("badges", "start");
              throw std::runtime_error("nobody catches this");
            }).join();
          }) == SIGABRT);
    CHECK(crash_journal(file).of("badges", now()).size() == 1);
  }
  SECTION("a stack that has run out, on a thread of its own") {
    CHECK(crashing([] {
            std::thread([] {
              const in_code_of mark("badges", "decide");
              std::exit(without_end(0));
            }).join();
          }) == SIGSEGV);
    CHECK(crash_journal(file).of("badges", now()).size() == 1);
  }
  SECTION("our own code has no plugin to blame") {
    CHECK(crashing([] {
            { const in_code_of mark("badges", "start"); }
            ::raise(SIGSEGV);
          }) == SIGSEGV);
    CHECK(crash_journal(file).of("badges", now()).empty());
  }
}

TEST_CASE("a phase that its process did not live to leave counts, one that it left does not", "[crash]") {
  temp_dir dir;
  const auto file = dir.path() / "deep" / "crashes";
  CHECK(ended_by([&] {
          crash_journal journal(file);
          { const crash_journal::phase well(&journal, "orderly", "wire"); }
          const crash_journal::phase open(&journal, "badges", "start");
          ::raise(SIGKILL);
        }) == SIGKILL);
  crash_journal journal(file);
  CHECK(journal.of("orderly", now()).empty());
  REQUIRE(journal.of("badges", now()).size() == 1);
  CHECK(describe(journal.of("badges", now())[0]).starts_with("an end without a word in start at 20"));
  CHECK_FALSE(journal.keeps_out("badges", now()));

  // A phase that is under way is none; with its signal written down it is one crash, not two.
  {
    const crash_journal::phase now_in(&journal, "badges", "start");
    CHECK(journal.of("badges", now()).size() == 1);
    CHECK(crash_journal(dir.path() / "other").of("badges", now()).empty());
  }
  CHECK(ended_by([&] {
          crash_journal later(file);
          tell_crashes_to(later.descriptor());
          const crash_journal::phase open(&later, "badges", "start");
          const in_code_of mark("badges", "start");
          std::abort();
        }) == SIGABRT);
  CHECK(journal.of("badges", now()).size() == 2);
  CHECK(journal.keeps_out("badges", now()));
  CHECK_FALSE(journal.keeps_out("badges", now() + days{2}));
  CHECK(journal.forget("badges") == 2);
  CHECK(journal.forget("badges") == 0);
  CHECK_FALSE(crash_journal(file).keeps_out("badges", now()));
}

TEST_CASE("a journal with lines that are none is read as far as it goes", "[crash]") {
  temp_dir dir;
  std::ofstream(dir.path() / "crashes") << "crash\n\nnonsense 1 2 3\nenter x y\ncrash " << unix_us(now()) / 1'000'000
                                        << " 1 11 badges job badges.send\n";
  const auto found = crash_journal(dir.path() / "crashes").of("badges", now());
  REQUIRE(found.size() == 1);
  CHECK(found[0].phase == "job badges.send");
}
