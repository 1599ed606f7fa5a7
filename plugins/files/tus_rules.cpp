#include "tus_rules.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "stoa/crypto.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::files {

using stoa::fault;
using stoa::fault_kind;
using stoa::result;

namespace {

constexpr std::size_t longest_metadata = 4096;

fault bad_metadata(const char* why) { return fault::field("Upload-Metadata", why); }
fault bad_checksum() {
  return {fault_kind::malformed, "CHECKSUM_UNKNOWN", "Upload-Checksum names sha1 or sha256 and the digest in Base64."};
}

const EVP_MD* algorithm_of(std::string_view name) {
  return name == "sha1" ? EVP_sha1() : name == "sha256" ? EVP_sha256() : nullptr;
}

}  // namespace

std::optional<std::int64_t> byte_count(std::string_view text) {
  std::int64_t n = 0;
  const auto end = text.data() + text.size();
  const auto r = std::from_chars(text.data(), end, n);
  if (text.empty() || text.front() == '-' || r.ec != std::errc{} || r.ptr != end || n >= (std::int64_t{1} << 62))
    return std::nullopt;
  return n;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string other(text);
  for (int i = 0; i < 2 && !other.empty() && other.back() == '='; ++i) other.pop_back();
  for (auto& c : other) {
    if (c == '-' || c == '_') return std::nullopt;
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return stoa::from_base64url(other);
}

result<tus_metadata> read_metadata(std::string_view header) {
  tus_metadata out;
  if (header.size() > longest_metadata) return bad_metadata("This is too long.");
  if (!stoa::valid_utf8(header) || stoa::has_control(header)) return bad_metadata("This is no text.");
  std::set<std::string> seen;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    const auto pair = stoa::trim(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    const auto blank = std::min(pair.find(' '), pair.size());
    const auto key = std::string(pair.substr(0, blank));
    const auto value = from_base64(stoa::trim(pair.substr(blank)));
    if (key.empty() || !value) return bad_metadata("Give pairs of a key and a value in Base64.");
    if (!seen.insert(key).second) return bad_metadata("A key stands here twice.");
    if (key == "filename" || (key == "name" && out.filename.empty())) out.filename = *value;
    if (key == "filetype" || (key == "type" && out.filetype.empty())) out.filetype = *value;
  }
  // A type may have parameters, which are not ours to keep.
  out.filetype = stoa::ascii_lower(stoa::trim(std::string_view(out.filetype).substr(0, out.filetype.find(';'))));
  if (out.filetype.size() > 127 || !stoa::valid_utf8(out.filetype) || stoa::has_control(out.filetype))
    return bad_metadata("The file's type is none.");
  return out;
}

result<tus_checksum> read_checksum(std::string_view header) {
  const auto blank = header.find(' ');
  if (blank == header.npos) return bad_checksum();
  tus_checksum sum;
  sum.algorithm = header.substr(0, blank);
  auto digest = from_base64(stoa::trim(header.substr(blank)));
  const auto* md = algorithm_of(sum.algorithm);
  if (!md || !digest || digest->size() != static_cast<std::size_t>(EVP_MD_size(md))) return bad_checksum();
  sum.digest = std::move(*digest);
  return sum;
}

bool has_checksum(const tus_checksum& sum, std::string_view bytes) {
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), made, &size, algorithm_of(sum.algorithm), nullptr) != 1) return false;
  return stoa::constant_time_equal({reinterpret_cast<const char*>(made), size}, sum.digest);
}

}  // namespace stoa_plugin::files
