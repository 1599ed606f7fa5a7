// The stored rows of files: SQL and nothing else. Every change of state is a row's; what a row says is done with the
// object is done after it, or again.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "file_rules.hpp"
#include "stoa/db.hpp"
#include "stoa/paging.hpp"

namespace stoa_plugin::files {

/// A file as its row has it.
struct file {
  file_id id;
  stoa::user_id user;
  std::string state;  ///< arriving, whole (all is there, but it is not looked at yet), stored, leaving
  std::string object;
  std::string original_filename;
  std::string stored_filename;
  std::string content_type;  ///< of one that is not stored yet: as its sender says, perhaps empty
  std::int64_t file_size = 0;
  stoa::timestamp uploaded_at;
  std::optional<stoa::timestamp> due_at;  ///< when the sweep has something to do
  bool in_parts = false;
  std::int64_t received = 0;
  std::string upload_state;
  std::string metadata;  ///< as a sender in parts gave it
  std::optional<stoa::timestamp> busy_until;

  bool stored() const noexcept { return state == "stored"; }
};
BOOST_DESCRIBE_STRUCT(file, (),
                      (id, user, state, object, original_filename, stored_filename, content_type, file_size,
                       uploaded_at, due_at, in_parts, received, upload_state, metadata, busy_until))

class shelf {
 public:
  explicit shelf(stoa::database& db) : db_(db) {}

  /// Notes a file that is to come and counts it among its owner's. QUOTA_EXCEEDED (too_large).
  stoa::task<file> expect(file coming, file_limits limits);
  /// It is all there and is what it is: it is shown from here on. Nothing where it is leaving or has gone.
  stoa::task<std::optional<file>> keep(file_id id, stoa::user_id owner, std::string content_type, stoa::timestamp now);
  /// It is shown and counted no more; its object may go from `due` on. FILE_NOT_FOUND. `any`: also one that has not
  /// come whole.
  stoa::task<file> let_go(file_id id, stoa::user_id owner, bool any, stoa::timestamp now);
  /// Its object is gone.
  stoa::task<stoa::done> forget(file_id id);
  /// The sweep comes again.
  stoa::task<stoa::done> put_off(file_id id, stoa::timestamp due);

  /// Of its owner alone. FILE_NOT_FOUND.
  stoa::task<file> find(file_id id, stoa::user_id owner);
  /// Whosever it is, for who has shown a link. FILE_NOT_FOUND where it is not stored.
  stoa::task<file> find_stored(file_id id);
  /// Newest first.
  stoa::task<stoa::page_of<file>> list(stoa::user_id owner, stoa::page_request asked);

  /// Takes the file for one part at `offset`; nobody else's part is taken before `until`. Nothing where that is not
  /// its place, it is taken or past its time: look at it.
  stoa::task<std::optional<file>> take(file_id id, stoa::user_id owner, std::int64_t offset, stoa::uuid token,
                                       stoa::timestamp until, stoa::timestamp now);
  /// The part is there. Nothing where the file was not waited for any more.
  stoa::task<std::optional<file>> received(file_id id, stoa::uuid token, std::int64_t all, std::string upload_state,
                                           stoa::timestamp due);
  /// The part did not come.
  stoa::task<stoa::done> give_back(file_id id, stoa::uuid token);

  /// Files with which something is to be done by now, and that nobody is busy with.
  stoa::task<std::vector<file>> due(stoa::timestamp now, std::int64_t most);
  /// Those of the objects that no row names.
  stoa::task<std::vector<std::string>> unknown(std::vector<std::string> objects);

 private:
  stoa::database& db_;
};

}  // namespace stoa_plugin::files
