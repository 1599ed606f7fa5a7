#include "cli/serve.hpp"

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>

#include "cli/demo/demo.hpp"
#include "cli/house.hpp"

namespace stoa::cli {
namespace {

runtime::log_options logging(const runtime::settings& s) {
  runtime::log_options o;
  o.level = s.log.level;
  o.format = s.log.format == runtime::log_format::json   ? runtime::log_style::json
             : s.log.format == runtime::log_format::text ? runtime::log_style::text
                                                         : runtime::log_style::automatic;
  return o;
}

void print_demo(const std::string& url) {
  std::printf("api docs %s/docs\n", url.c_str());
  for (const auto& a : demo::accounts()) std::printf("demo %-10s %s\n", a.role.c_str(), a.email.c_str());
  std::printf("demo password: %s\n", demo::demo_options{}.password.c_str());
}

/// All that asks a server to end. A SIGHUP that is ignored, as `nohup` has it, asks for nothing.
sigset_t stop_signals() {
  sigset_t all;
  sigemptyset(&all);
  for (const int s : {SIGINT, SIGTERM, SIGQUIT, SIGHUP}) {
    struct sigaction now {};
    if (::sigaction(s, nullptr, &now) != 0 || now.sa_handler != SIG_IGN) sigaddset(&all, s);
  }
  return all;
}

/// Waits for them from the beginning: a server that is asked to end while it still starts does not start on.
class stop_watch {
 public:
  stop_watch() : thread_([this](const std::stop_token& over) { wait(over); }) {}

  std::stop_token token() const { return asked_.get_token(); }
  void wait_for_it() {
    std::mutex guard;
    std::condition_variable_any came;
    std::unique_lock lock(guard);
    const std::stop_token token = asked_.get_token();
    came.wait(lock, token, [] { return false; });
  }

 private:
  void wait(const std::stop_token& over) {
    const sigset_t wanted = stop_signals();
    constexpr timespec moment{0, 100'000'000};
    while (!over.stop_requested()) {
      if (::sigtimedwait(&wanted, nullptr, &moment) <= 0) continue;
      asked_.request_stop();
      return;
    }
  }

  std::stop_source asked_;
  std::jthread thread_;  // last: goes first
};

/// Ends the process when a clean end takes too long: an operator's restart must not hang.
class watchdog {
 public:
  watchdog(milliseconds patience, house& all, logger& log)
      : thread_([this, patience, &all, &log] {
          std::unique_lock lock(guard_);
          if (ended_.wait_for(lock, patience, [this] { return off_; })) return;
          log.error("the shutdown took too long; ending at once", {});
          all.end_database();
          std::_Exit(3);
        }) {}
  ~watchdog() {
    {
      std::lock_guard lock(guard_);
      off_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }

 private:
  std::mutex guard_;
  std::condition_variable ended_;
  bool off_ = false;
  std::thread thread_;
};

}  // namespace

void block_stop_signals() {
  const sigset_t stop = stop_signals();
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

namespace {

/// Ends what there is. A plugin that nobody waited for may still run: then nothing is destroyed any more.
int end(house& all, int code) {
  all.stop();
  if (!all.stuck()) return code;
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace

int serve(const runtime::settings& s, serve_options options) {
  auto log = runtime::make_logger(logging(s));
  for (const auto& w : s.warnings) log->warn(w, {});
  const stoa::system_clock time;
  stop_watch asked;
  house all(s, time, log,
            {.demo = options.demo,
             .leaving = asked.token(),
             .only_check_migrations = options.no_migrate,
             .keep_crashes = true});
  try {
    all.open();
    all.start();
  } catch (const std::exception& e) {
    if (asked.token().stop_requested()) {
      log->info("stopped before the start had ended", {{"reason", e.what()}});
      return end(all, 0);
    }
    if (!all.stuck()) throw;
    std::fprintf(stderr, "stoa: %s\n", e.what());
    return end(all, 1);
  }

  std::printf("ready on %s\n", all.url().c_str());
  if (const auto admin = all.admin_url(); !admin.empty()) std::printf("operators %s\n", admin.c_str());
  if (options.demo) print_demo(all.url());
  std::fflush(stdout);

  asked.wait_for_it();
  log->info("stopping", {});
  watchdog guard(s.server.shutdown_grace + seconds{30}, all, *log);
  all.stop();
  log->info("stopped", {});
  return end(all, 0);
}

}  // namespace stoa::cli
