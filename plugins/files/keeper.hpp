// Between rows and objects: how a file comes to be stored, and how it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "shelf.hpp"
#include "sniffer.hpp"
#include "stoa/areas/media.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::files {

/// What the settings say.
struct keeper_options {
  file_limits limits;
  stoa::milliseconds upload_life = stoa::hours{24};  ///< how long a file in parts may wait for its next one
  stoa::seconds link_life{300};                      ///< of addresses of files
  stoa::milliseconds orphans_after = stoa::days{7};  ///< how old an object is that no row names, before it is dropped
};

class keeper {
 public:
  keeper(stoa::plugin_host& host, keeper_options options);

  /// A whole file. The bytes lie with the caller until the task has ended. FILE_TYPE_*, QUOTA_EXCEEDED, and what the
  /// storage says.
  stoa::task<file> take_in(stoa::user_id owner, std::string sent_name, std::string declared_type,
                           std::string_view bytes, stoa::timestamp now);
  /// A file that is to come in parts. QUOTA_EXCEEDED.
  stoa::task<file> expect_parts(stoa::user_id owner, std::string sent_name, std::string declared_type,
                                std::int64_t size, std::string metadata, stoa::timestamp now);
  /// A part of it at `offset`; the file as it is then, stored with the last part. FILE_NOT_FOUND; UPLOAD_BUSY (locked);
  /// OFFSET_MISMATCH (conflict); with the last part FILE_TYPE_*, and then the file is gone.
  stoa::task<file> take_part(stoa::user_id owner, file_id id, std::int64_t offset, std::string_view bytes,
                             stoa::timestamp now);
  /// As it is, its last steps done where they were not.
  stoa::task<file> look_at(stoa::user_id owner, file_id id, stoa::timestamp now);

  /// Takes a file away. `any`: also one that has not come whole. FILE_NOT_FOUND.
  stoa::task<stoa::done> remove(stoa::user_id owner, file_id id, bool any, stoa::timestamp now);

  /// Does what is due: files that were given up, killed or taken away leave nothing behind.
  stoa::task<stoa::done> sweep();
  /// Drops objects that no row names and that have lain there for long, as they do behind a database that was restored.
  stoa::task<stoa::done> drop_orphans();

  /// MEDIA_UNAVAILABLE where no plugin offers a storage at the moment.
  stoa::result<std::shared_ptr<stoa::media_store>> storage() const;
  shelf& rows() noexcept { return rows_; }
  const keeper_options& options() const noexcept { return options_; }

 private:
  file coming_file(stoa::user_id owner, std::string_view sent_name, std::string declared, std::int64_t size,
                   stoa::timestamp now) const;
  /// From `whole` to `stored`.
  stoa::task<file> settle(file f, stoa::timestamp now);
  /// The object, and then the row of a file that leaves.
  stoa::task<stoa::done> clear(file f);
  stoa::task<stoa::done> sweep_one(file f, stoa::timestamp now);

  stoa::plugin_host& host_;
  const keeper_options options_;
  shelf rows_;
  const std::shared_ptr<sniffer> sniffer_ = std::make_shared<sniffer>();
};

}  // namespace stoa_plugin::files
