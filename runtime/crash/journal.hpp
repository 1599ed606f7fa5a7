// Who made the process crash, kept in a file from one start to the next.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stoa/time.hpp"

namespace stoa::runtime {

struct crash {
  std::string plugin;
  std::string phase;  ///< `start`, `subscription`, ...
  int signal = 0;     ///< 0: it ended without a word, such as by SIGKILL
  timestamp at;
  bool operator==(const crash&) const = default;
};
/// `signal 11 in start at 2026-01-02T03:04:05Z`
std::string describe(const crash& c);

/// Thread-safe. Several processes may have one file; each settles only what those left that are gone.
class crash_journal {
 public:
  /// So many crashes of the last day keep a plugin out.
  static constexpr std::size_t too_many = 2;

  /// Reads the file, which need not be there; a phase that its process did not live to leave counts as a crash. Throws
  /// std::runtime_error where the file cannot be read or written.
  explicit crash_journal(std::filesystem::path file);
  ~crash_journal();
  crash_journal(const crash_journal&) = delete;
  crash_journal& operator=(const crash_journal&) = delete;

  /// Those within a day before `now`, oldest first.
  std::vector<crash> of(const std::string& plugin, timestamp now) const;
  bool keeps_out(const std::string& plugin, timestamp now) const { return of(plugin, now).size() >= too_many; }
  /// As if the plugin had never crashed. How many crashes that were.
  std::size_t forget(const std::string& plugin);

  /// A phase that is written down, and on the disk, before it begins: what ends the process in it is known to the next.
  class phase {
   public:
    phase(crash_journal* journal, const std::string& plugin, const std::string& name);
    ~phase();
    phase(const phase&) = delete;
    phase& operator=(const phase&) = delete;

   private:
    crash_journal* const journal_;
    const std::string left_;
  };

  /// Where a signal handler may write its line (`tell_crashes_to`).
  int descriptor() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace stoa::runtime
