#include "keeper.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "stoa/crypto.hpp"

namespace stoa_plugin::files {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::task;
using stoa::timestamp;

namespace {

/// How long an upload in one request may be on its way before what it left is cleared away: far beyond any request.
constexpr auto one_request = stoa::minutes{10};
/// The sweep's pause for a file that did not go.
constexpr auto again = stoa::minutes{1};
constexpr std::int64_t at_once = 50;
constexpr std::size_t listed_at_once = 500;
constexpr std::string_view folder = "files/";

/// When a part that is taken now is no longer worked on: its request has an answer by then. Whoever has no deadline is
/// no request.
timestamp end_of_turn(timestamp now, std::chrono::steady_clock::time_point deadline) {
  stoa::microseconds left = stoa::seconds{30};
  if (deadline != std::chrono::steady_clock::time_point::max())
    left = std::chrono::duration_cast<stoa::microseconds>(deadline - std::chrono::steady_clock::now());
  return now + left + stoa::seconds{2};
}

}  // namespace

keeper::keeper(stoa::plugin_host& host, keeper_options options)
    : host_(host), options_(std::move(options)), rows_(host.database()) {}

result<std::shared_ptr<stoa::media_store>> keeper::storage() const {
  auto found = host_.find<stoa::media_store>();
  if (found) return found;
  auto away = fault::unavailable("The file storage is not available. Please try again.", stoa::seconds{5});
  away.code = "STORAGE_UNAVAILABLE";
  return away;
}

file keeper::coming_file(stoa::user_id owner, std::string_view sent_name, std::string declared, std::int64_t size,
                         timestamp now) const {
  file f;
  f.id = file_id::make();
  f.user = owner;
  f.state = "arriving";
  f.original_filename = safe_filename(sent_name);
  std::array<std::uint8_t, 16> random{};
  stoa::random_bytes(random);
  f.stored_filename = stored_filename(f.original_filename, stoa::hex(random));
  f.object = std::string(folder) + f.stored_filename.substr(0, 2) + "/" + f.stored_filename;
  f.content_type = std::move(declared);
  f.file_size = size;
  f.uploaded_at = now;
  return f;
}

task<file> keeper::take_in(stoa::user_id owner, std::string sent_name, std::string declared, std::string_view bytes,
                           timestamp now) {
  const auto store = co_await storage();
  auto looking = host_.offload().run([s = sniffer_, bytes] { return s->type_of(bytes); });
  const auto looks_like = co_await std::move(looking);
  const auto type = co_await settled_type(declared, looks_like, options_.limits.types);
  auto coming = coming_file(owner, sent_name, type, static_cast<std::int64_t>(bytes.size()), now);
  coming.due_at = now + one_request;
  const auto f = co_await rows_.expect(std::move(coming), options_.limits);
  auto putting = store->put(f.object, bytes, type);
  const auto put = co_await as_result(std::move(putting));
  if (!put) {
    // Nobody was told of it. Where this fails, too, the sweep sees to it.
    auto leaving = remove(owner, f.id, true, now);
    co_await as_result(std::move(leaving));
    co_return put.refusal();
  }
  auto kept = co_await rows_.keep(f.id, owner, type, now);
  if (!kept) {
    // Of a request that is done once more: it was kept then, and may have been taken away since.
    auto looking_back = rows_.find(f.id, owner);
    auto before = co_await as_result(std::move(looking_back));
    if (!before && before.refusal().kind == fault_kind::not_found) co_await store->remove(f.object);
    co_return before;
  }
  co_return std::move(*kept);
}

task<file> keeper::expect_parts(stoa::user_id owner, std::string sent_name, std::string declared, std::int64_t size,
                                std::string metadata, timestamp now) {
  const auto store = co_await storage();
  // What it is shows when it is whole; what it is said to be, now.
  if (!declared.empty() && declared != "application/octet-stream")
    co_await settled_type(declared, declared, options_.limits.types);
  auto coming = coming_file(owner, sent_name, std::move(declared), size, now);
  coming.in_parts = true;
  coming.metadata = std::move(metadata);
  coming.due_at = now + options_.upload_life;
  auto f = co_await rows_.expect(std::move(coming), options_.limits);
  co_return f;
}

task<file> keeper::take_part(stoa::user_id owner, file_id id, std::int64_t offset, std::string_view bytes,
                             timestamp now) {
  const auto store = co_await storage();
  const auto deadline = co_await stoa::current_deadline();
  const auto token = stoa::uuid::make_v7();
  const auto taken = co_await rows_.take(id, owner, offset, token, end_of_turn(now, deadline), now);
  if (!taken) {
    const auto f = co_await rows_.find(id, owner);
    if (f.received != offset || f.state != "arriving")
      co_return fault(fault_kind::conflict, "OFFSET_MISMATCH", "The file does not go on there.");
    if (f.due_at && *f.due_at <= now) co_return unknown_file();
    co_return fault(fault_kind::locked, "UPLOAD_BUSY", "Another part of this file is being taken.");
  }
  const auto& f = *taken;
  result<stoa::media_upload> there = stoa::media_upload();
  if (offset + static_cast<std::int64_t>(bytes.size()) > f.file_size) {
    there = fault(fault_kind::too_large, "UPLOAD_TOO_LONG", "The file would be longer than was said.");
  } else {
    stoa::media_upload at{f.object, static_cast<std::uint64_t>(offset), f.upload_state};
    if (f.upload_state.empty() && offset == 0) {
      auto beginning = store->begin(f.object, f.content_type);
      auto begun = co_await as_result(std::move(beginning));
      if (begun)
        at = std::move(begun).value();
      else
        there = std::move(begun).refusal();
    }
    if (there) {
      auto appending = store->append(std::move(at), bytes);
      there = co_await as_result(std::move(appending));
    }
  }
  if (!there) {
    auto returning = rows_.give_back(id, token);
    co_await as_result(std::move(returning));
    if (there.refusal().code == "MEDIA_BUSY")
      co_return fault(fault_kind::locked, "UPLOAD_BUSY", "Another part of this file is being taken.");
    co_return std::move(there).refusal();
  }
  const auto all = offset + static_cast<std::int64_t>(bytes.size());
  // What is whole is looked at below, or soon by the sweep.
  const auto due = all == f.file_size ? now + again : now + options_.upload_life;
  auto noted = co_await rows_.received(id, token, all, there.value().state, due);
  if (!noted) co_return unknown_file();
  if (noted->state != "whole") co_return std::move(*noted);
  auto stored = co_await settle(std::move(*noted), now);
  co_return stored;
}

task<file> keeper::look_at(stoa::user_id owner, file_id id, timestamp now) {
  auto f = co_await rows_.find(id, owner);
  if (!f.stored() && f.due_at && *f.due_at <= now && f.state == "arriving") co_return unknown_file();
  if (f.state != "whole") co_return f;
  auto stored = co_await settle(std::move(f), now);
  co_return stored;
}

task<file> keeper::settle(file f, timestamp now) {
  const auto store = co_await storage();
  stoa::media_upload all{f.object, static_cast<std::uint64_t>(f.file_size), f.upload_state};
  auto finishing = store->finish(std::move(all));
  const auto finished = co_await as_result(std::move(finishing));
  if (!finished) {
    if (finished.refusal().kind == fault_kind::not_found) {
      host_.log().error("the parts of a file are not there", {{"file", f.id.str()}, {"object", f.object}});
      auto leaving = remove(f.user, f.id, true, now);
      co_await as_result(std::move(leaving));
    }
    co_return finished.refusal();
  }
  auto front = co_await store->read(f.object, 0, sniffed_bytes);
  auto looking = host_.offload().run([s = sniffer_, bytes = std::move(front)] { return s->type_of(bytes); });
  const auto looks_like = co_await std::move(looking);
  auto type = settled_type(f.content_type, looks_like, options_.limits.types);
  if (!type) {
    auto leaving = remove(f.user, f.id, true, now);
    co_await as_result(std::move(leaving));
    co_return std::move(type).refusal();
  }
  auto kept = co_await rows_.keep(f.id, f.user, std::move(type).value(), now);
  if (kept) co_return std::move(*kept);
  // Somebody else was quicker, in either direction.
  auto before = co_await rows_.find(f.id, f.user);
  co_return before;
}

task<done> keeper::remove(stoa::user_id owner, file_id id, bool any, timestamp now) {
  auto gone = co_await rows_.let_go(id, owner, any, now);
  if (gone.due_at && *gone.due_at > now) co_return done{};
  // It has gone for its owner; where the storage does not answer, the sweep comes again.
  auto clearing = clear(std::move(gone));
  co_await as_result(std::move(clearing));
  co_return done{};
}

task<done> keeper::clear(file f) {
  const auto store = co_await storage();
  co_await store->remove(f.object);
  co_await rows_.forget(f.id);
  co_return done{};
}

task<done> keeper::sweep_one(file f, timestamp now) {
  if (f.state == "leaving") {
    co_await clear(std::move(f));
  } else if (f.state == "whole") {
    co_await settle(std::move(f), now);
  } else {
    co_await remove(f.user, f.id, true, now);
  }
  co_return done{};
}

task<done> keeper::sweep() {
  for (;;) {
    const auto now = host_.clock().now();
    const auto found = co_await rows_.due(now, at_once);
    for (const auto& f : found) {
      auto doing = sweep_one(f, now);
      const auto did = co_await as_result(std::move(doing));
      // Refused for what they are, or gone: the row says so already.
      if (did || did.refusal().kind == fault_kind::unsupported_media || did.refusal().code == unknown_file().code)
        continue;
      host_.log().warn("a file could not be cleared away", {{"file", f.id.str()}, {"code", did.refusal().code}});
      co_await rows_.put_off(f.id, now + again);
    }
    if (static_cast<std::int64_t>(found.size()) < at_once) co_return done{};
  }
}

task<done> keeper::drop_orphans() {
  const auto store = co_await storage();
  const auto old = host_.clock().now() - options_.orphans_after;
  std::string after;
  for (;;) {
    const auto page = co_await store->list(std::string(folder), after, listed_at_once);
    std::vector<std::string> names;
    for (const auto& o : page)
      if (o.modified < old) names.push_back(o.name);
    const auto orphans = co_await rows_.unknown(std::move(names));
    for (const auto& name : orphans) {
      host_.log().warn("an object that no row names is dropped", {{"object", name}});
      co_await store->remove(name);
    }
    if (page.size() < listed_at_once) co_return done{};
    after = page.back().name;
  }
}

}  // namespace stoa_plugin::files
