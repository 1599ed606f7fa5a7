// Media storage: where the bytes of files lie. Whoever offers `media_store` keeps them (`plugins/media` does, on the
// disk or in an S3 bucket); whose files they are, how many and for how long is the business of who puts them there.
//
// Objects have names, `files/ab/abc123.pdf`: segments of small letters, digits, `.`, `_` and `-`, none of which begins
// with a dot, 200 bytes at most. Note a name in a row before anything is put under it, and what a process leaves behind
// that is killed can be found by the rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/files.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area media{"media", 1};
}

/// Whether an object can have that name.
bool valid_media_name(std::string_view name) noexcept;

/// What is known of an object.
struct media_object {
  std::string name;
  std::uint64_t size = 0;
  timestamp modified;
};

/// An object that comes in parts. A value: whoever goes on keeps it between the parts.
struct media_upload {
  std::string name;
  std::uint64_t size = 0;  ///< bytes that are there for good
  std::string state;       ///< the store's own, some kilobytes of text
};

/// How an object is shown to whoever follows an address to it.
struct media_showing {
  std::string content_type;
  std::string disposition;  ///< Content-Disposition
  seconds life{300};        ///< how long the address is good
};

/// Where the bytes of an object are had: one of the two.
struct media_content {
  std::shared_ptr<const open_file> file;
  std::string url;  ///< signed, for a redirect
};

/// The point at which bytes are kept. Offered by a plugin, so it may not be there: look it up whenever it is needed.
/// Any thread; the coroutine goes on where it was. Bytes that are handed over lie with the caller until the task has
/// ended. Faults: MEDIA_NOT_FOUND (not_found) for what is not there; `unavailable` where the storage is away, full or
/// busy, and nobody knows then whether the last call took place; a name that cannot be one is `internal`.
class media_store {
 public:
  static constexpr interface_id interface { areas::media, "media" };
  virtual ~media_store();

  /// Puts a whole object, in place of one of that name. Durable when it ends.
  virtual task<done> put(std::string name, std::string_view bytes, std::string content_type) = 0;
  /// For an answer to a client.
  virtual task<media_content> open(std::string name, media_showing how) = 0;
  /// Some of the bytes, fewer where the object ends.
  virtual task<std::string> read(std::string name, std::uint64_t from, std::uint64_t count) = 0;
  /// Nothing where there is no such object.
  virtual task<std::optional<media_object>> head(std::string name) = 0;
  /// The object, and what there is of one that has not come whole. No fault where there is none.
  virtual task<done> remove(std::string name) = 0;

  /// Begins an object that comes in parts; nothing is shown under its name before it is finished.
  virtual task<media_upload> begin(std::string name, std::string content_type) = 0;
  /// Puts bytes behind the `size` of `to`; what lay there from an attempt whose outcome nobody kept is dropped. Durable
  /// when it ends. Keep what it gives; the value that it was given stays good until that one is given on. One part of
  /// an object at a time; a second one is refused with MEDIA_BUSY (conflict) where that can be seen.
  virtual task<media_upload> append(media_upload to, std::string_view bytes) = 0;
  /// The object is whole. Once more for one that is, nothing.
  virtual task<done> finish(media_upload of) = 0;

  /// Up to `most` objects whose names begin with `prefix`, behind the name `after`, in the order of their names.
  virtual task<std::vector<media_object>> list(std::string prefix, std::string after, std::size_t most) = 0;
};

}  // namespace stoa
