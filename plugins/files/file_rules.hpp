// What files may be called and be, and how they are handed out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/result.hpp"

namespace stoa_plugin::files {

using file_id = stoa::id<struct file_tag>;

stoa::fault unknown_file();

/// Bounds of files, from the settings.
struct file_limits {
  std::int64_t most_files = 0;          ///< of one person
  std::int64_t quota = 0;               ///< bytes of one person
  std::vector<std::string> types = {};  ///< that are taken, in lower case
};

/// A name that is safe to show and to save under: the last part of a path, without control and direction characters,
/// with at most 255 bytes. `file` where nothing is left.
std::string safe_filename(std::string_view sent);

/// What an object is called that is stored for such a file: random, with the extension of the name where it is a plain
/// one of up to 10 characters.
std::string stored_filename(std::string_view safe_name, std::string_view random);

/// Content-Disposition for a download: an ASCII name for old clients and the whole one (RFC 6266, RFC 8187).
std::string attachment(std::string_view safe_name);

/// The type that a file is kept as, from what its sender says (empty or application/octet-stream: nothing) and what its
/// bytes look like. FILE_TYPE_NOT_ALLOWED and FILE_TYPE_MISMATCH (unsupported_media).
stoa::result<std::string> settled_type(std::string_view declared, std::string_view sniffed,
                                       const std::vector<std::string>& allowed);

}  // namespace stoa_plugin::files
