// AWS Signature Version 4: of a request's header, and of an address that is good for a while. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/time.hpp"

namespace stoa_plugin::media {

struct s3_keys {
  std::string access_key, secret_key, region;
};

/// Names and values as they are, not encoded.
using s3_query = std::vector<std::pair<std::string, std::string>>;

/// RFC 3986: all but letters, digits and `-._~` as %XX; a slash stays where `path` says so.
std::string s3_encoded(std::string_view text, bool path = false);
/// `a=1&b=2`, encoded and in the order that is signed.
std::string s3_query_text(s3_query query);

/// The fields that sign a request: Authorization, x-amz-date, x-amz-content-sha256. `host` as it is sent, `path` and
/// `query` encoded, `body_hash` in hexadecimal digits.
std::vector<std::pair<std::string, std::string>> s3_signed_fields(const s3_keys& keys, std::string_view method,
                                                                  std::string_view host, std::string_view path,
                                                                  std::string_view query, std::string_view body_hash,
                                                                  stoa::timestamp now);
/// The query of an address with which anybody may GET the object, `life` long from `now` on.
std::string s3_presigned_query(const s3_keys& keys, std::string_view host, std::string_view path, s3_query query,
                               stoa::seconds life, stoa::timestamp now);

}  // namespace stoa_plugin::media
