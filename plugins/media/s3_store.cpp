#include "s3_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "stoa/crypto.hpp"

namespace stoa_plugin::media {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::http_response;
using stoa::media_object;
using stoa::media_upload;
using stoa::result;
using stoa::task;

namespace {

/// S3 takes no smaller part but the last.
constexpr std::size_t smallest_part = 5 << 20;
constexpr std::string_view any_type = "application/octet-stream";
constexpr std::string_view tail_mark = ".tail-";

fault not_found() { return {fault_kind::not_found, "MEDIA_NOT_FOUND", "The file is not there."}; }
fault no_name() { return {fault_kind::internal, "INTERNAL_ERROR", "That is no name of an object."}; }

std::string field(const http_response& r, std::string_view name) {
  for (const auto& [n, v] : r.headers)
    if (n == name) return v;
  return {};
}

std::string without_quotes(std::string text) {
  // In XML they come as entities.
  for (const std::string quote : {"&quot;", "&#34;", "\""})
    for (auto at = text.find(quote); at != text.npos; at = text.find(quote)) text.erase(at, quote.size());
  return text;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

stoa::timestamp http_time(const std::string& text) {
  std::tm parts{};
  if (!strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts)) return {};
  return stoa::timestamp{stoa::seconds{timegm(&parts)}};
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  for (;;) {
    const auto end = std::min(text.find(at), text.size());
    out.emplace_back(text.substr(0, end));
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

std::string host_in(std::string_view endpoint) { return std::string(endpoint.substr(endpoint.find("://") + 3)); }

}  // namespace

std::vector<std::string> xml_texts(std::string_view xml, std::string_view tag) {
  const auto open = "<" + std::string(tag) + ">", close = "</" + std::string(tag) + ">";
  std::vector<std::string> out;
  for (auto at = xml.find(open); at != xml.npos; at = xml.find(open, at)) {
    at += open.size();
    const auto end = xml.find(close, at);
    if (end == xml.npos) break;
    out.emplace_back(xml.substr(at, end - at));
  }
  return out;
}

std::string s3_progress::text() const {
  std::string all = upload + "\n" + type + "\n" + tail + "\n" + tail_before + "\n" + std::to_string(tail_size) + "\n";
  for (std::size_t i = 0; i < etags.size(); ++i) all += (i ? "," : "") + etags[i];
  return all;
}

std::optional<s3_progress> s3_progress::read(std::string_view text) {
  auto lines = split(text, '\n');
  if (lines.size() != 6) return std::nullopt;
  s3_progress p;
  p.upload = std::move(lines[0]);
  p.type = std::move(lines[1]);
  p.tail = std::move(lines[2]);
  p.tail_before = std::move(lines[3]);
  p.tail_size = number(lines[4]);
  if (!lines[5].empty()) p.etags = split(lines[5], ',');
  return p;
}

s3_store::s3_store(s3_options options, stoa::http_client& http, stoa::offload& computing, const stoa::clock& time,
                   stoa::logger& log)
    : options_(std::move(options)),
      host_(host_in(options_.endpoint)),
      http_(http),
      computing_(computing),
      time_(time),
      log_(log) {}

std::string s3_store::path_of(std::string_view name) const {
  const auto bucket = "/" + s3_encoded(options_.bucket);
  return name.empty() ? bucket : bucket + "/" + s3_encoded(options_.prefix + std::string(name), true);
}

fault s3_store::away(std::string_view what, const std::string& why) const {
  log_.error("the bucket refused", {{"what", what}, {"reason", why}});
  auto f = fault::unavailable("The file storage is not available. Please try again.", stoa::seconds{5});
  f.code = "STORAGE_UNAVAILABLE";
  return f;
}

task<http_response> s3_store::send(call c) {
  if (!c.name.empty() && !stoa::valid_media_name(c.name)) co_return no_name();
  const auto path = path_of(c.name), query = s3_query_text(std::move(c.query));
  std::string hash;
  auto body = std::make_shared<std::string>(std::move(c.body));
  if (body->size() < 64 * 1024) {
    hash = stoa::hex(stoa::sha256(*body));
  } else {
    auto hashing = computing_.run([body] { return stoa::hex(stoa::sha256(*body)); });
    hash = co_await std::move(hashing);
  }
  stoa::http_request r;
  r.method = c.method;
  r.url = options_.endpoint + path + (query.empty() ? "" : "?" + query);
  r.headers = s3_signed_fields(options_.keys, c.method, host_, path, query, hash, time_.now());
  if (!c.type.empty()) r.headers.emplace_back("Content-Type", c.type);
  if (!c.range.empty()) r.headers.emplace_back("Range", c.range);
  r.body = std::move(*body);
  r.timeout = options_.timeout;
  r.max_answer = c.most;
  r.allow_private = true;  // the operator wrote the address down
  auto asking = http_.send(std::move(r));
  auto answer = co_await as_result(std::move(asking));
  if (!answer) co_return away(c.method, answer.refusal().code);
  auto& a = answer.value();
  const auto errors = a.status >= 300 ? xml_texts(a.body, "Code") : std::vector<std::string>();
  if (a.status == 403 || a.status >= 500 || a.status == 301 || (!errors.empty() && errors.front() == "NoSuchBucket"))
    co_return away(c.method, std::to_string(a.status) + " " + (errors.empty() ? "" : errors.front()));
  co_return std::move(a);
}

task<done> s3_store::send_expecting_success(call c) {
  const auto method = c.method;
  const auto answer = co_await send(std::move(c));
  if (answer.status == 404) co_return not_found();
  // A multipart upload that could not be completed is told inside of a success.
  if (answer.status >= 300 || answer.body.find("<Error>") != std::string::npos) {
    const auto errors = xml_texts(answer.body, "Code");
    co_return away(method, std::to_string(answer.status) + " " + (errors.empty() ? "" : errors.front()));
  }
  co_return done{};
}

task<done> s3_store::put(std::string name, std::string_view bytes, std::string content_type) {
  if (!stoa::valid_media_name(name)) co_return no_name();
  call c;
  c.method = "PUT";
  c.name = std::move(name);
  c.body = bytes;
  c.type = std::move(content_type);
  co_await send_expecting_success(std::move(c));
  co_return done{};
}

task<stoa::media_content> s3_store::open(std::string name, stoa::media_showing how) {
  const auto there = co_await head(name);
  if (!there) co_return not_found();
  const auto path = path_of(name);
  s3_query query{{"response-content-type", how.content_type}, {"response-content-disposition", how.disposition}};
  stoa::media_content out;
  out.url = options_.endpoint + path + "?" +
            s3_presigned_query(options_.keys, host_, path, std::move(query), how.life, time_.now());
  co_return out;
}

task<std::string> s3_store::read(std::string name, std::uint64_t from, std::uint64_t count) {
  if (count == 0) co_return std::string();
  call c;
  c.method = "GET";
  c.name = std::move(name);
  c.range = "bytes=" + std::to_string(from) + "-" + std::to_string(from + count - 1);
  c.most = static_cast<std::size_t>(count) + 64 * 1024;
  auto answer = co_await send(std::move(c));
  if (answer.status == 416) co_return std::string();
  if (answer.status == 404) co_return not_found();
  if (answer.status >= 300) co_return away("GET", std::to_string(answer.status));
  co_return std::move(answer.body);
}

task<std::optional<media_object>> s3_store::head(std::string name) {
  call c;
  c.method = "HEAD";
  c.name = name;
  const auto answer = co_await send(std::move(c));
  if (answer.status == 404) co_return std::optional<media_object>();
  if (answer.status >= 300) co_return away("HEAD", std::to_string(answer.status));
  media_object found;
  found.name = std::move(name);
  found.size = number(field(answer, "content-length"));
  found.modified = http_time(field(answer, "last-modified"));
  co_return std::optional(std::move(found));
}

task<done> s3_store::remove(std::string name) {
  call c;
  c.method = "DELETE";
  c.name = name;
  const auto gone = co_await send(std::move(c));
  if (gone.status >= 300 && gone.status != 404) co_return away("DELETE", std::to_string(gone.status));
  co_await drop_uploads(name);
  co_await drop_tails(name);
  co_return done{};
}

task<done> s3_store::drop_uploads(std::string name) {
  call c;
  c.method = "GET";
  c.query = {{"uploads", ""}, {"prefix", options_.prefix + name}};
  const auto found = co_await send(std::move(c));
  if (found.status >= 300) co_return away("GET uploads", std::to_string(found.status));
  for (const auto& one : xml_texts(found.body, "Upload")) {
    const auto keys = xml_texts(one, "Key"), ids = xml_texts(one, "UploadId");
    if (keys.empty() || ids.empty() || keys.front() != options_.prefix + name) continue;
    call abort;
    abort.method = "DELETE";
    abort.name = name;
    abort.query = {{"uploadId", ids.front()}};
    const auto gone = co_await send(std::move(abort));
    if (gone.status >= 300 && gone.status != 404) co_return away("DELETE upload", std::to_string(gone.status));
  }
  co_return done{};
}

task<done> s3_store::drop_tails(std::string name) {
  call c;
  c.method = "GET";
  c.query = {{"list-type", "2"}, {"prefix", options_.prefix + name + std::string(tail_mark)}};
  const auto found = co_await send(std::move(c));
  if (found.status >= 300) co_return away("GET tails", std::to_string(found.status));
  for (const auto& key : xml_texts(found.body, "Key")) {
    call gone;
    gone.method = "DELETE";
    gone.name = key.substr(options_.prefix.size());
    co_await send(std::move(gone));
  }
  co_return done{};
}

task<media_upload> s3_store::begin(std::string name, std::string content_type) {
  if (!stoa::valid_media_name(name)) co_return no_name();
  s3_progress p;
  p.type = std::move(content_type);
  media_upload fresh;
  fresh.name = std::move(name);
  fresh.state = p.text();
  co_return fresh;
}

task<std::string> s3_store::begin_parts(std::string name, std::string type) {
  call c;
  c.method = "POST";
  c.name = std::move(name);
  c.query = {{"uploads", ""}};
  c.type = type.empty() ? std::string(any_type) : std::move(type);
  const auto answer = co_await send(std::move(c));
  const auto ids = xml_texts(answer.body, "UploadId");
  if (answer.status >= 300 || ids.empty()) co_return away("POST uploads", std::to_string(answer.status));
  co_return ids.front();
}

task<std::string> s3_store::put_part(s3_progress p, std::string name, std::string bytes) {
  call c;
  c.method = "PUT";
  c.name = std::move(name);
  c.query = {{"partNumber", std::to_string(p.etags.size() + 1)}, {"uploadId", p.upload}};
  c.body = std::move(bytes);
  const auto answer = co_await send(std::move(c));
  if (answer.status == 404) co_return not_found();
  auto etag = without_quotes(field(answer, "etag"));
  if (answer.status >= 300 || etag.empty()) co_return away("PUT part", std::to_string(answer.status));
  co_return etag;
}

task<media_upload> s3_store::append(media_upload to, std::string_view bytes) {
  auto known = s3_progress::read(to.state);
  if (!known) co_return not_found();
  auto p = std::move(*known);
  std::string all;
  if (p.tail_size > 0) {
    all = co_await read(p.tail, 0, p.tail_size);
    if (all.size() != p.tail_size) co_return not_found();
  }
  all.append(bytes);
  // The tail of now stays until the bytes after these are there: who does not keep what comes of this one goes on
  // there.
  const auto stale = std::exchange(p.tail_before, p.tail);
  if (all.size() >= smallest_part) {
    if (p.upload.empty()) p.upload = co_await begin_parts(to.name, p.type);
    auto etag = co_await put_part(p, to.name, std::move(all));
    p.etags.push_back(std::move(etag));
    p.tail.clear();
    p.tail_size = 0;
  } else {
    p.tail_size = all.size();
    std::array<std::uint8_t, 8> random{};
    stoa::random_bytes(random);
    p.tail = to.name + std::string(tail_mark) + stoa::hex(random);
    std::string type(any_type);
    co_await put(p.tail, all, std::move(type));
  }
  if (!stale.empty()) {
    call gone;
    gone.method = "DELETE";
    gone.name = stale;
    auto going = send(std::move(gone));
    co_await as_result(std::move(going));
  }
  to.size += bytes.size();
  to.state = p.text();
  co_return to;
}

task<done> s3_store::finish(media_upload of) {
  auto known = s3_progress::read(of.state);
  if (!known) co_return not_found();
  auto p = std::move(*known);
  const auto whole = co_await head(of.name);
  if (!whole || whole->size != of.size) {
    std::string last;
    if (p.tail_size > 0) {
      last = co_await read(p.tail, 0, p.tail_size);
      if (last.size() != p.tail_size) co_return not_found();
    }
    if (p.upload.empty()) {
      if (p.type.empty()) p.type = any_type;
      co_await put(of.name, last, p.type);
    } else {
      if (!last.empty()) {
        auto etag = co_await put_part(p, of.name, std::move(last));
        p.etags.push_back(std::move(etag));
      }
      call c;
      c.method = "POST";
      c.name = of.name;
      c.query = {{"uploadId", p.upload}};
      c.type = "application/xml";
      c.body = "<CompleteMultipartUpload>";
      for (std::size_t i = 0; i < p.etags.size(); ++i)
        c.body +=
            "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>\"" + p.etags[i] + "\"</ETag></Part>";
      c.body += "</CompleteMultipartUpload>";
      co_await send_expecting_success(std::move(c));
    }
  }
  // What waited is in the object now.
  auto going = drop_tails(of.name);
  co_await as_result(std::move(going));
  co_return done{};
}

task<std::vector<media_object>> s3_store::list(std::string prefix, std::string after, std::size_t most) {
  call c;
  c.method = "GET";
  c.query = {{"list-type", "2"},
             {"prefix", options_.prefix + prefix},
             {"max-keys", std::to_string(std::min<std::size_t>(most, 1000))}};
  if (!after.empty()) c.query.emplace_back("start-after", options_.prefix + after);
  const auto answer = co_await send(std::move(c));
  if (answer.status >= 300) co_return away("GET list", std::to_string(answer.status));
  std::vector<media_object> out;
  for (const auto& one : xml_texts(answer.body, "Contents")) {
    const auto keys = xml_texts(one, "Key"), sizes = xml_texts(one, "Size"), times = xml_texts(one, "LastModified");
    if (keys.empty() || sizes.empty() || keys.front().size() < options_.prefix.size()) continue;
    media_object o;
    o.name = keys.front().substr(options_.prefix.size());
    if (o.name.find(tail_mark) != o.name.npos) continue;
    o.size = number(sizes.front());
    if (!times.empty()) o.modified = stoa::parse_rfc3339(times.front()).value_or(stoa::timestamp{});
    out.push_back(std::move(o));
  }
  co_return out;
}

}  // namespace stoa_plugin::media
