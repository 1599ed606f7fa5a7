#include "disk_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <type_traits>
#include <utility>

namespace stoa_plugin::media {

namespace fs = std::filesystem;
using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::media_object;
using stoa::media_upload;
using stoa::result;
using stoa::task;

namespace {

/// An open file that is written.
class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  const int fd_;
};

[[noreturn]] void failed(const char* what, const fs::path& at) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + at.string());
}

fault not_found() { return {fault_kind::not_found, "MEDIA_NOT_FOUND", "The file is not there."}; }
fault busy() { return {fault_kind::conflict, "MEDIA_BUSY", "Another part of this file is being written."}; }

/// A name is durable when the folder is.
void sync_folder(const fs::path& folder) {
  const descriptor d(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (d.get() < 0 || ::fsync(d.get()) != 0) failed("sync", folder);
}

/// Makes a folder and those above it, durably.
void make_folder(const fs::path& folder) {
  if (fs::is_directory(folder)) return;
  make_folder(folder.parent_path());
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) failed("make", folder);
  sync_folder(folder.parent_path());
}

/// The part, made where it is not there.
int open_part(const fs::path& at) {
  make_folder(at.parent_path());
  const int fd = ::open(at.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (fd < 0) failed("open", at);
  return fd;
}

void write_at(int fd, std::uint64_t from, std::string_view bytes, const fs::path& at) {
  if (::ftruncate(fd, static_cast<off_t>(from)) != 0) failed("cut", at);
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) failed("write", at);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    from += static_cast<std::uint64_t>(n);
  }
  if (::fdatasync(fd) != 0) failed("sync", at);
}

void move_durably(const fs::path& from, const fs::path& to) {
  make_folder(to.parent_path());
  if (::rename(from.c_str(), to.c_str()) != 0) failed("move", from);
  sync_folder(to.parent_path());
}

void unlink_if_there(const fs::path& at) {
  if (::unlink(at.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) failed("remove", at);
}

stoa::timestamp modified(const struct stat& s) {
  return stoa::timestamp{stoa::seconds{s.st_mtim.tv_sec} + stoa::microseconds{s.st_mtim.tv_nsec / 1000}};
}

}  // namespace

disk_files::disk_files(fs::path root) : root_(std::move(root)) {}

result<done> disk_files::put(const std::string& name, std::string_view bytes) const {
  const auto at = part(name);
  const descriptor d(open_part(at));
  if (::flock(d.get(), LOCK_EX | LOCK_NB) != 0) return busy();
  write_at(d.get(), 0, bytes, at);
  move_durably(at, object(name));
  return done{};
}

result<std::shared_ptr<const stoa::open_file>> disk_files::open(const std::string& name) const {
  auto file = stoa::open_file::at(object(name).string());
  if (!file && file.refusal().kind == fault_kind::not_found) return not_found();
  return file;
}

result<std::string> disk_files::read(const std::string& name, std::uint64_t from, std::uint64_t count) const {
  auto file = open(name);
  if (!file) return std::move(file).refusal();
  return file.value()->read(from, count);
}

result<std::optional<media_object>> disk_files::head(const std::string& name) const {
  struct stat s {};
  if (::stat(object(name).c_str(), &s) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<media_object>();
    failed("look at", object(name));
  }
  media_object found{name, static_cast<std::uint64_t>(s.st_size), modified(s)};
  return std::optional(std::move(found));
}

result<done> disk_files::remove(const std::string& name) const {
  // In this order: what `finish` moves in between is an object by the time that one is looked for.
  unlink_if_there(part(name));
  unlink_if_there(object(name));
  return done{};
}

result<media_upload> disk_files::append(media_upload to, std::string_view bytes) const {
  const auto at = part(to.name);
  const bool made = !fs::exists(at);
  const descriptor d(open_part(at));
  if (::flock(d.get(), LOCK_EX | LOCK_NB) != 0) return busy();
  struct stat s {};
  if (::fstat(d.get(), &s) != 0) failed("look at", at);
  if (static_cast<std::uint64_t>(s.st_size) < to.size) return not_found();
  write_at(d.get(), to.size, bytes, at);
  if (made) sync_folder(at.parent_path());
  to.size += bytes.size();
  return to;
}

result<done> disk_files::finish(const media_upload& of) const {
  struct stat s {};
  const auto whole = [&](const fs::path& at) {
    return ::stat(at.c_str(), &s) == 0 && static_cast<std::uint64_t>(s.st_size) == of.size;
  };
  if (whole(part(of.name)))
    move_durably(part(of.name), object(of.name));
  else if (!whole(object(of.name)))
    return not_found();
  return done{};
}

result<std::vector<media_object>> disk_files::list(const std::string& prefix, const std::string& after,
                                                   std::size_t most) const {
  std::vector<media_object> all;
  const auto home = root_ / "objects";
  std::error_code none;
  for (fs::recursive_directory_iterator at(home, none), end; !none && at != end; at.increment(none)) {
    struct stat s {};
    if (::lstat(at->path().c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
    auto name = at->path().lexically_relative(home).generic_string();
    if (!name.starts_with(prefix) || name <= after) continue;
    all.push_back({std::move(name), static_cast<std::uint64_t>(s.st_size), modified(s)});
  }
  const auto by_name = [](const media_object& a, const media_object& b) { return a.name < b.name; };
  std::sort(all.begin(), all.end(), by_name);
  if (all.size() > most) all.resize(most);
  return all;
}

/// Runs it where it may block. What the disk says goes to the log, and no further.
template <class Work>
auto disk_store::run(const char* what, std::string name, Work work) {
  using outcome = std::invoke_result_t<Work&, const disk_files&>;
  auto whole = [files = files_, &log = log_, what, name = std::move(name), work = std::move(work)]() -> outcome {
    if (!stoa::valid_media_name(name))
      return fault(fault_kind::internal, "INTERNAL_ERROR", "That is no name of an object.");
    try {
      return work(*files);
    } catch (const std::system_error& e) {
      log.error("the disk refused", {{"what", what}, {"object", name}, {"reason", e.what()}});
      auto f = fault::unavailable("The file storage is not available. Please try again.", stoa::seconds{5});
      f.code = e.code() == std::errc::no_space_on_device ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE";
      return f;
    }
  };
  return threads_.run(std::move(whole));
}

task<done> disk_store::put(std::string name, std::string_view bytes, std::string) {
  auto running = run("put", name, [name, bytes](const disk_files& f) { return f.put(name, bytes); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<stoa::media_content> disk_store::open(std::string name, stoa::media_showing) {
  auto running = run("open", name, [name](const disk_files& f) { return f.open(name); });
  auto opened = co_await std::move(running);
  if (!opened) co_return std::move(opened).refusal();
  stoa::media_content content;
  content.file = std::move(opened).value();
  co_return content;
}

task<std::string> disk_store::read(std::string name, std::uint64_t from, std::uint64_t count) {
  auto running = run("read", name, [=](const disk_files& f) { return f.read(name, from, count); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<std::optional<media_object>> disk_store::head(std::string name) {
  auto running = run("head", name, [name](const disk_files& f) { return f.head(name); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<done> disk_store::remove(std::string name) {
  auto running = run("remove", name, [name](const disk_files& f) { return f.remove(name); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<media_upload> disk_store::begin(std::string name, std::string) {
  media_upload fresh;
  fresh.name = std::move(name);
  co_return fresh;
}

task<media_upload> disk_store::append(media_upload to, std::string_view bytes) {
  auto running = run("append", to.name, [to, bytes](const disk_files& f) { return f.append(to, bytes); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<done> disk_store::finish(media_upload of) {
  auto running = run("finish", of.name, [of](const disk_files& f) { return f.finish(of); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

task<std::vector<media_object>> disk_store::list(std::string prefix, std::string after, std::size_t most) {
  auto running = run("list", "all", [=](const disk_files& f) { return f.list(prefix, after, most); });
  auto outcome = co_await std::move(running);
  co_return outcome;
}

}  // namespace stoa_plugin::media
