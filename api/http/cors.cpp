#include "api/http/cors.hpp"

#include <algorithm>

#include "api/http/message.hpp"
#include "runtime/settings/origin.hpp"

namespace stoa::http {

cors::cors(cors_options options) : options_(std::move(options)) {
  auto& all = options_.allowed_origins;
  any_ = std::find(all.begin(), all.end(), "*") != all.end();
  for (auto& origin : all)
    if (auto as_sent = runtime::canonical_origin(origin)) origin = std::move(*as_sent);
}

bool cors::names(std::string_view origin) const {
  const auto& all = options_.allowed_origins;
  return origin != "*" && origin != "null" && std::find(all.begin(), all.end(), origin) != all.end();
}

void cors::decorate(std::string& head, std::string_view origin) const {
  // Also to requests without an origin: a shared cache may keep the answer and hand it to one with.
  append_header(head, "Vary", "Origin");
  if (origin.empty()) return;
  if (names(origin)) {
    append_header(head, "Access-Control-Allow-Origin", origin);
    append_header(head, "Access-Control-Allow-Credentials", "true");
  } else if (any_) {
    append_header(head, "Access-Control-Allow-Origin", "*");
  } else {
    return;
  }
  append_header(head, "Access-Control-Expose-Headers",
                "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-Reset-After, "
                "Retry-After, Idempotent-Replayed, Deprecation, Content-Disposition, Location, Upload-Offset, "
                "Upload-Length, Upload-Metadata, Upload-Expires, Tus-Resumable, Tus-Version, Tus-Extension, "
                "Tus-Max-Size, Tus-Checksum-Algorithm");
}

void cors::preflight(std::string& head, std::string_view origin) const {
  if (!allows(origin)) {
    append_header(head, "Vary", "Origin");
    return;
  }
  decorate(head, origin);
  append_header(head, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  append_header(head, "Access-Control-Allow-Headers",
                "Authorization, Content-Type, Accept, X-API-Version, X-Request-ID, X-Client-Version, X-API-Dialect, "
                "Idempotency-Key, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum");
  append_header(head, "Access-Control-Max-Age", std::to_string(options_.max_age.count()));
}

}  // namespace stoa::http
