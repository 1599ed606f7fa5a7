// The words of tus 1.0.0, the protocol of uploads that go on where they were broken off. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa_plugin::files {

inline constexpr std::string_view tus_version = "1.0.0";
inline constexpr std::string_view tus_extensions = "creation,creation-with-upload,checksum,expiration,termination";
inline constexpr std::string_view tus_algorithms = "sha1,sha256";
inline constexpr std::string_view tus_content_type = "application/offset+octet-stream";

/// A count of bytes as a header has it: digits alone, below 2^62.
std::optional<std::int64_t> byte_count(std::string_view text);

/// What a sender says of a file: `filename ZG9j,filetype YXBw`.
struct tus_metadata {
  std::string filename, filetype;
};
/// `invalid` naming Upload-Metadata where a pair is broken, a key stands twice, or all of it is longer than 4 KiB.
stoa::result<tus_metadata> read_metadata(std::string_view header);

/// `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`
struct tus_checksum {
  std::string algorithm;
  std::string digest;  ///< bytes
};
/// `malformed` for another algorithm or what is no digest of it.
stoa::result<tus_checksum> read_checksum(std::string_view header);
/// Whether the bytes have that checksum.
bool has_checksum(const tus_checksum& sum, std::string_view bytes);

/// Base64 of RFC 4648, section 4, with its padding; nullopt for anything else.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace stoa_plugin::files
