#include "runtime/crash/journal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace stoa::runtime {

namespace fs = std::filesystem;

namespace {

/// `crash <seconds> <pid> <signal> <plugin> <phase>`, `enter <seconds> <pid> 0 <plugin> <phase>`, `leave ...` alike.
struct entry {
  std::string word;
  crash what;
  long pid = 0;
};

timestamp at_second(long long n) { return timestamp{std::chrono::duration_cast<microseconds>(seconds{n})}; }

std::string text_of(const entry& e) {
  const auto second = std::chrono::duration_cast<seconds>(e.what.at.time_since_epoch()).count();
  return e.word + " " + std::to_string(second) + " " + std::to_string(e.pid) + " " + std::to_string(e.what.signal) +
         " " + e.what.plugin + " " + e.what.phase + "\n";
}

std::optional<entry> entry_of(const std::string& line) {
  std::istringstream in(line);
  entry e;
  long long second = 0;
  if (!(in >> e.word >> second >> e.pid >> e.what.signal >> e.what.plugin)) return std::nullopt;
  std::getline(in >> std::ws, e.what.phase);
  e.what.at = at_second(second);
  return e;
}

bool lives(long pid) { return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM; }

/// What is left to know of a file: crashes, and what processes that live are in. A process that begins is in nothing
/// yet: what stands there under its number was another's.
std::vector<entry> settled(std::istream& in, bool begins) {
  std::vector<entry> all;
  const auto drop_open = [&](const entry& e) {
    std::erase_if(
        all, [&](const entry& o) { return o.word == "enter" && o.pid == e.pid && o.what.plugin == e.what.plugin; });
  };
  for (std::string line; std::getline(in, line);) {
    auto e = entry_of(line);
    if (!e) continue;
    if (e->word == "enter") {
      all.push_back(std::move(*e));
    } else if (e->word == "leave") {
      drop_open(*e);
    } else if (e->word == "crash") {
      drop_open(*e);
      all.push_back(std::move(*e));
    }
  }
  for (auto& e : all)
    if (e.word == "enter" && (e.pid == ::getpid() ? begins : !lives(e.pid))) e.word = "crash";
  return all;
}

timestamp wall_now() { return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()); }

}  // namespace

std::string describe(const crash& c) {
  return (c.signal == 0 ? std::string("an end without a word") : "signal " + std::to_string(c.signal)) + " in " +
         c.phase + " at " + rfc3339(c.at);
}

struct crash_journal::state {
  explicit state(fs::path f) : file(std::move(f)) {
    if (file.has_parent_path()) fs::create_directories(file.parent_path());
    fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) throw std::runtime_error("cannot open " + file.string() + ": " + std::strerror(errno));
  }
  ~state() { ::close(fd); }

  /// The file as it stands, settled.
  std::vector<entry> read(bool begins = false) const {
    std::ifstream in(file);
    return settled(in, begins);
  }

  void rewrite(const std::vector<entry>& all) const {
    std::string text;
    for (const auto& e : all) text += text_of(e);
    // In place: other processes have it open, and what a signal handler has was opened before.
    if (::ftruncate(fd, 0) != 0) return;
    write(text);
  }

  void write(const std::string& text) const {
    for (std::size_t done = 0; done < text.size();) {
      const auto n = ::write(fd, text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }

  const fs::path file;
  int fd = -1;
  mutable std::mutex mutex;
};

crash_journal::crash_journal(fs::path file) : state_(std::make_unique<state>(std::move(file))) {
  ::flock(state_->fd, LOCK_EX);
  state_->rewrite(state_->read(true));
  ::fsync(state_->fd);
  ::flock(state_->fd, LOCK_UN);
}

crash_journal::~crash_journal() = default;

std::vector<crash> crash_journal::of(const std::string& plugin, timestamp now) const {
  const std::lock_guard lock{state_->mutex};
  std::vector<crash> all;
  for (auto& e : state_->read())
    if (e.word == "crash" && e.what.plugin == plugin && e.what.at + days{1} > now) all.push_back(std::move(e.what));
  return all;
}

std::size_t crash_journal::forget(const std::string& plugin) {
  const std::lock_guard lock{state_->mutex};
  ::flock(state_->fd, LOCK_EX);
  auto all = state_->read();
  const auto gone = std::erase_if(all, [&](const entry& e) { return e.word == "crash" && e.what.plugin == plugin; });
  if (gone > 0) state_->rewrite(all);
  ::fsync(state_->fd);
  ::flock(state_->fd, LOCK_UN);
  return gone;
}

int crash_journal::descriptor() const noexcept { return state_->fd; }

crash_journal::phase::phase(crash_journal* journal, const std::string& plugin, const std::string& name)
    : journal_(journal), left_(text_of({"leave", {plugin, name, 0, wall_now()}, ::getpid()})) {
  if (journal_ == nullptr) return;
  journal_->state_->write(text_of({"enter", {plugin, name, 0, wall_now()}, ::getpid()}));
  ::fdatasync(journal_->state_->fd);
}

crash_journal::phase::~phase() {
  if (journal_ != nullptr) journal_->state_->write(left_);
}

}  // namespace stoa::runtime
