#include "tus_area.hpp"

#include <utility>

#include "stoa/http_text.hpp"
#include "stoa/text.hpp"
#include "tus_rules.hpp"

namespace stoa_plugin::files {

using stoa::auth;
using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::reply;
using stoa::request;
using stoa::result;
using stoa::task;

namespace {

/// An answer whose status says all: a client of the protocol reads no body.
reply bare(int status) {
  reply r;
  r.status = status;
  r.content_type.clear();
  r.headers.emplace_back("Tus-Resumable", tus_version);
  return r;
}

bool speaks_tus(const request& q) { return q.header("tus-resumable") == std::string(tus_version); }
reply other_version() {
  auto r = bare(412);
  r.headers.emplace_back("Tus-Version", tus_version);
  return r;
}

/// Of a checksum that the bytes do not have.
constexpr const char* wrong_sum = "CHECKSUM_MISMATCH";

bool sends_bytes(const request& q) {
  return stoa::ascii_lower(stoa::trim(q.header("content-type").value_or(""))) == tus_content_type;
}

}  // namespace

void tus_area::mount(stoa::route_table& routes, std::shared_ptr<tus_area> area) {
  const auto part = area->options_.largest_part;
  const std::vector<std::pair<std::string, std::string>> tells{
      {"Tus-Resumable", std::string(tus_version)},
      {"Tus-Version", std::string(tus_version)},
      {"Tus-Extension", std::string(tus_extensions)},
      {"Tus-Checksum-Algorithm", std::string(tus_algorithms)},
      {"Tus-Max-Size", std::to_string(area->options_.largest)}};
  auto at = routes.area("files", std::move(area));
  at.post("/files/tus",
          {.auth = auth::required,
           .status = 201,
           .summary = "Begin an upload in parts (tus 1.0.0: Upload-Length, Upload-Metadata)",
           .max_body = part,
           .addition = true,
           .refuses = {fault_kind::malformed, fault_kind::invalid, fault_kind::not_found, fault_kind::conflict,
                       fault_kind::too_large, fault_kind::unsupported_media, fault_kind::locked},
           .also = {412, 460},
           .consumes = std::string(tus_content_type),
           .tells = tells},
          &tus_area::create);
  at.get("/files/tus/{file_id}",
         {.auth = auth::required,
          .summary = "How far an upload in parts has come (asked with HEAD)",
          .addition = true,
          .refuses = {fault_kind::unsupported_media, fault_kind::locked},
          .also = {412},
          .tells = tells},
         &tus_area::look);
  at.patch("/files/tus/{file_id}",
           {.auth = auth::required,
            .status = 204,
            .summary = "Send the next part of an upload (Upload-Offset, application/offset+octet-stream)",
            .max_body = part,
            .addition = true,
            .refuses = {fault_kind::malformed, fault_kind::invalid, fault_kind::conflict, fault_kind::too_large,
                        fault_kind::unsupported_media, fault_kind::locked},
            .also = {412, 460},
            .consumes = std::string(tus_content_type)},
           &tus_area::append);
  at.del(
      "/files/tus/{file_id}",
      {.auth = auth::required, .status = 204, .summary = "Give an upload in parts up", .addition = true, .also = {412}},
      &tus_area::end);
}

reply tus_area::answer(int status, const file& f) const {
  auto r = bare(status);
  r.headers.emplace_back("Upload-Offset", std::to_string(f.stored() ? f.file_size : f.received));
  if (!f.stored() && f.due_at) r.headers.emplace_back("Upload-Expires", stoa::http::http_date(*f.due_at));
  r.headers.emplace_back("Cache-Control", "no-store");
  return r;
}

task<done> tus_area::check_sum(const request& q, std::string_view bytes) {
  const auto header = q.header("upload-checksum");
  if (!header) co_return done{};
  auto sum = co_await read_checksum(*header);
  auto looking = host_.offload().run([sum = std::move(sum), bytes] { return has_checksum(sum, bytes); }, q.deadline);
  const bool fits = co_await std::move(looking);
  if (!fits) co_return fault(fault_kind::rejected, wrong_sum, "The bytes are not those that were sent.");
  co_return done{};
}

task<reply> tus_area::create(const request& q, stoa::body_view body) {
  if (!speaks_tus(q)) co_return other_version();
  const auto length = byte_count(q.header("upload-length").value_or(""));
  if (!length || *length == 0) co_return fault::field("Upload-Length", "Say how many bytes the file has.");
  if (*length > options_.largest)
    co_return fault(fault_kind::too_large, "PAYLOAD_TOO_LARGE",
                    "A file may have at most " + std::to_string(options_.largest) + " bytes.");
  const auto metadata = q.header("upload-metadata").value_or("");
  auto said = co_await read_metadata(metadata);
  const auto bytes = body.bytes;
  if (!bytes.empty()) {
    if (!sends_bytes(q))
      co_return fault(fault_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE",
                      "Send bytes as " + std::string(tus_content_type) + ".");
    if (static_cast<std::int64_t>(bytes.size()) > *length)
      co_return fault(fault_kind::too_large, "UPLOAD_TOO_LONG", "The file would be longer than was said.");
    auto checking = check_sum(q, bytes);
    const auto sound = co_await as_result(std::move(checking));
    if (!sound && sound.refusal().code == wrong_sum) co_return bare(460);
    if (!sound) co_return sound.refusal();
  }
  auto f = co_await files_->expect_parts(q.who.user, said.filename, said.filetype, *length, metadata, q.now);
  // What was kept of these bytes is told; the client goes on from there.
  if (!bytes.empty()) {
    auto taking = files_->take_part(q.who.user, f.id, 0, bytes, q.now);
    auto taken = co_await as_result(std::move(taking));
    if (taken)
      f = std::move(taken).value();
    else if (taken.refusal().kind != fault_kind::unavailable && taken.refusal().kind != fault_kind::conflict)
      co_return std::move(taken).refusal();
  }
  auto r = answer(201, f);
  r.headers.emplace_back("Location", q.base_url + "/files/tus/" + f.id.str());
  co_return r;
}

task<reply> tus_area::look(const request& q, file_in_path id) {
  if (!speaks_tus(q)) co_return other_version();
  const auto f = co_await files_->look_at(q.who.user, *id, q.now);
  if (!f.in_parts) co_return unknown_file();
  auto r = answer(200, f);
  r.headers.emplace_back("Upload-Length", std::to_string(f.file_size));
  if (!f.metadata.empty()) r.headers.emplace_back("Upload-Metadata", f.metadata);
  co_return r;
}

task<reply> tus_area::append(const request& q, file_in_path id, stoa::body_view body) {
  if (!speaks_tus(q)) co_return other_version();
  if (!sends_bytes(q))
    co_return fault(fault_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE",
                    "Send bytes as " + std::string(tus_content_type) + ".");
  const auto offset = byte_count(q.header("upload-offset").value_or(""));
  if (!offset) co_return fault::field("Upload-Offset", "Say where these bytes belong.");
  auto checking = check_sum(q, body.bytes);
  const auto sound = co_await as_result(std::move(checking));
  if (!sound && sound.refusal().code == wrong_sum) co_return bare(460);
  if (!sound) co_return sound.refusal();
  const auto f = co_await files_->take_part(q.who.user, *id, *offset, body.bytes, q.now);
  co_return answer(204, f);
}

task<reply> tus_area::end(const request& q, file_in_path id) {
  if (!speaks_tus(q)) co_return other_version();
  const auto f = co_await files_->rows().find(*id, q.who.user);
  if (!f.in_parts) co_return unknown_file();
  co_await files_->remove(q.who.user, *id, true, q.now);
  co_return bare(204);
}

}  // namespace stoa_plugin::files
