#include "files_area.hpp"

#include <utility>

#include "multipart.hpp"

namespace stoa_plugin::files {

using stoa::auth;
using stoa::fault;
using stoa::fault_kind;
using stoa::reply;
using stoa::request;
using stoa::task;
namespace wire = stoa::wire;

namespace {

constexpr std::string_view link_purpose = "download";
/// What a form adds to the file in it.
constexpr std::size_t form_room = 64 * 1024;

std::string content_path(const file_id& id) { return "/files/" + id.str() + "/content"; }

file_out shown(const file& f) { return wire::same_named<file_out>(f); }

reply redirect(std::string to) {
  reply r;
  r.status = 302;
  r.content_type.clear();
  r.headers.emplace_back("Location", std::move(to));
  r.headers.emplace_back("Cache-Control", "no-store");
  return r;
}

stoa::media_showing showing(const file& f, stoa::seconds life) {
  return {f.content_type, attachment(f.original_filename), life};
}

}  // namespace

void files_area::mount(stoa::route_table& routes, std::shared_ptr<files_area> area, std::size_t largest) {
  auto at = routes.area("files", std::move(area));
  at.post(
      "/files/upload",
      {.auth = auth::required,
       .status = 201,
       .summary = "Upload a file, as the part `file` of a form (multipart/form-data)",
       .max_body = largest + form_room,
       .refuses = {fault_kind::malformed, fault_kind::invalid, fault_kind::too_large, fault_kind::unsupported_media},
       .consumes = "multipart/form-data"},
      &files_area::upload);
  at.get("/files", {.auth = auth::required, .summary = "One's own files, newest first"}, &files_area::list);
  at.get("/files/{file_id}", {.auth = auth::required, .summary = "What is known of a file"}, &files_area::show);
  at.get("/files/{file_id}/download",
         {.auth = auth::required, .status = 302, .summary = "Redirects to the file, by a link that expires"},
         &files_area::download);
  at.get("/files/{file_id}/content",
         {.summary = "The file, for whoever has the link",
          .addition = true,
          .refuses = {fault_kind::forbidden, fault_kind::not_found},
          .also = {302},
          .produces = "application/octet-stream"},
         &files_area::content);
  at.del("/files/{file_id}", {.auth = auth::required, .status = 204, .summary = "Delete a file"}, &files_area::remove);
}

task<file_out> files_area::upload(const request& q, stoa::body_view body) {
  const auto boundary = boundary_of(q.header("content-type").value_or(""));
  if (!boundary)
    co_return fault(fault_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE", "Send the file as multipart/form-data.");
  const auto parts = co_await form_parts(body.bytes, *boundary);
  const form_part* sent = nullptr;
  for (const auto& p : parts) {
    if (p.name != "file" || !p.filename) continue;
    if (sent) co_return fault::field("file", "Send one file at a time.");
    sent = &p;
  }
  if (!sent || (sent->content.empty() && sent->filename->empty())) {
    auto missing = fault::field("file", "This field is required.");
    missing.fields.front().rule = "required";
    co_return missing;
  }
  if (sent->content.empty()) co_return fault::field("file", "The file is empty.");
  const auto kept = co_await files_->take_in(q.who.user, *sent->filename, sent->content_type, sent->content, q.now);
  co_return shown(kept);
}

task<stoa::page_of<file_out>> files_area::list(const request& q, stoa::paged<> in) {
  const auto found = co_await files_->rows().list(q.who.user, in.asked);
  stoa::page_of<file_out> out;
  out.asked = found.asked;
  out.total = found.total;
  for (const auto& f : found.items) out.items.push_back(shown(f));
  co_return out;
}

task<file_out> files_area::show(const request& q, file_in_path id) {
  const auto f = co_await files_->rows().find(*id, q.who.user);
  if (!f.stored()) co_return unknown_file();
  co_return shown(f);
}

task<reply> files_area::download(const request& q, file_in_path id) {
  const auto f = co_await files_->rows().find(*id, q.who.user);
  if (!f.stored()) co_return unknown_file();
  const auto life = files_->options().link_life;
  const auto store = co_await files_->storage();
  auto how = showing(f, life);
  const auto content = co_await store->open(f.object, std::move(how));
  if (!content.url.empty()) co_return redirect(content.url);
  co_return redirect(q.base_url + links_.link(stoa::verb::get, content_path(f.id), link_purpose, q.now + life));
}

task<reply> files_area::content(const request& q, file_in_path id, link_query) {
  co_await links_.check(q, stoa::verb::get, content_path(*id), link_purpose);
  const auto f = co_await files_->rows().find_stored(*id);
  const auto store = co_await files_->storage();
  auto how = showing(f, files_->options().link_life);
  auto content = co_await store->open(f.object, std::move(how));
  if (!content.url.empty()) co_return redirect(std::move(content.url));
  auto r = reply::file(stoa::file_content::of(std::move(content.file)), f.content_type);
  r.headers.emplace_back("Content-Disposition", attachment(f.original_filename));
  r.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  r.headers.emplace_back("Cache-Control", "private, no-cache");
  co_return r;
}

task<wire::nothing> files_area::remove(const request& q, file_in_path id) {
  co_await files_->remove(q.who.user, *id, false, q.now);
  co_return wire::nothing{};
}

}  // namespace stoa_plugin::files
