// Files as answers: bytes in memory or an open file, with what a client needs to ask for a part or to keep a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stoa/result.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// A file open for reading, and closed with its last user. It stays what it was when another takes its name.
class open_file {
 public:
  /// Opens a regular file; a `not_found` fault where there is none, `unavailable` where it cannot be opened. Blocks on
  /// the disk for a moment.
  static result<std::shared_ptr<const open_file>> at(const std::string& path);
  ~open_file();
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  /// Of the open file; closed with this object.
  int descriptor() const noexcept { return descriptor_; }
  /// Bytes when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  /// When its content was last changed, as the file system says.
  timestamp modified() const noexcept { return modified_; }
  /// Bytes of it, fewer where it ends; throws std::system_error. Blocks on the disk.
  std::string read(std::uint64_t from, std::uint64_t count) const;

 private:
  open_file(int descriptor, std::uint64_t size, timestamp modified);
  int descriptor_;
  std::uint64_t size_;
  timestamp modified_;
};

/// The content of a file reply: one of `bytes` and `file`.
struct file_content {
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const open_file> file;
  std::string etag;  ///< quoted, strong: the same tag, the same bytes
  std::optional<timestamp> modified;

  /// Its tag is made from the bytes.
  static file_content of(std::string bytes);
  /// Its tag is made from size and time of change, as the file is replaced and not written into.
  static file_content of(std::shared_ptr<const open_file> file);
  /// Bytes in all.
  std::uint64_t size() const noexcept { return bytes ? bytes->size() : file ? file->size() : 0; }
};

}  // namespace stoa
