#include "stoa/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "stoa/crypto.hpp"

namespace stoa {

open_file::open_file(int descriptor, std::uint64_t size, timestamp modified)
    : descriptor_(descriptor), size_(size), modified_(modified) {}

open_file::~open_file() { ::close(descriptor_); }

result<std::shared_ptr<const open_file>> open_file::at(const std::string& path) {
  // Without waiting: opening a pipe would block until somebody writes into it.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fault{fault_kind::not_found, "FILE_NOT_FOUND", "The requested file does not exist."};
    return fault::unavailable("The file cannot be read at the moment.");
  }
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(fd);
    return fault{fault_kind::not_found, "FILE_NOT_FOUND", "The requested file does not exist."};
  }
  const timestamp modified{seconds{about.st_mtim.tv_sec} + microseconds{about.st_mtim.tv_nsec / 1000}};
  return std::shared_ptr<const open_file>(new open_file(fd, static_cast<std::uint64_t>(about.st_size), modified));
}

std::string open_file::read(std::uint64_t from, std::uint64_t count) const {
  if (from >= size_) return {};
  std::string out(static_cast<std::size_t>(std::min(count, size_ - from)), '\0');
  std::size_t have = 0;
  while (have < out.size()) {
    const auto n = ::pread(descriptor_, out.data() + have, out.size() - have, static_cast<off_t>(from + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "reading a file");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

file_content file_content::of(std::string bytes) {
  file_content c;
  c.etag = "\"" + hex(sha256(bytes)).substr(0, 32) + "\"";
  c.bytes = std::make_shared<const std::string>(std::move(bytes));
  return c;
}

file_content file_content::of(std::shared_ptr<const open_file> file) {
  file_content c;
  c.etag =
      "\"" + std::to_string(file->size()) + "-" + std::to_string(file->modified().time_since_epoch().count()) + "\"";
  c.modified = file->modified();
  c.file = std::move(file);
  return c;
}

}  // namespace stoa
