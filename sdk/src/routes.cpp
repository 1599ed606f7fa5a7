#include "stoa/routes.hpp"

#include "stoa/text.hpp"

namespace stoa {

header_source::~header_source() = default;

std::string_view name_of(verb v) noexcept {
  switch (v) {
    case verb::get:
      return "GET";
    case verb::post:
      return "POST";
    case verb::put:
      return "PUT";
    case verb::patch:
      return "PATCH";
    case verb::del:
      return "DELETE";
  }
  return "";
}

std::string_view name_of(role r) noexcept {
  switch (r) {
    case role::student:
      return "student";
    case role::instructor:
      return "instructor";
    case role::admin:
      return "admin";
  }
  return "";
}

std::optional<role> role_named(std::string_view name) noexcept {
  for (const auto r : {role::student, role::instructor, role::admin})
    if (name_of(r) == name) return r;
  return std::nullopt;
}

const std::string& request::path_param(std::string_view name) const {
  static const std::string none;
  for (const auto& [key, value] : path_params)
    if (key == name) return value;
  return none;
}

std::optional<std::string> request::query(std::string_view name) const {
  for (auto it = query_params.rbegin(); it != query_params.rend(); ++it)
    if (it->first == name) return it->second;
  return std::nullopt;
}

std::optional<std::string> request::header(std::string_view lower_case_name) const {
  for (const auto& [key, value] : headers)
    if (key == lower_case_name) return value;
  if (source)
    if (const auto found = source->find(lower_case_name)) return std::string(*found);
  return std::nullopt;
}

result<done> request::in_time() const {
  if (std::chrono::steady_clock::now() <= deadline) return done{};
  fault late = fault::unavailable("The request took too long. Please try again.");
  late.code = "TIMEOUT";
  return late;
}

reply reply::file(file_content content, std::string content_type) {
  reply r;
  r.content_type = std::move(content_type);
  r.content = std::move(content);
  return r;
}

reply reply::streamed(stream_content stream, std::string content_type) {
  reply r;
  r.content_type = std::move(content_type);
  r.stream = std::move(stream);
  return r;
}

reply reply::events(std::function<task<done>(std::shared_ptr<stream_writer>)> produce) {
  stream_content stream;
  stream.produce = std::move(produce);
  stream.heartbeat = ":\n\n";
  reply r = streamed(std::move(stream), "text/event-stream; charset=utf-8");
  r.headers.emplace_back("Cache-Control", "no-store");
  // Proxies that collect answers would hold events back.
  r.headers.emplace_back("X-Accel-Buffering", "no");
  return r;
}

reply reply::json_text(std::string text, int status) {
  reply r;
  r.status = status;
  r.body.push_back({std::move(text), nullptr});
  return r;
}

std::string reply::body_text() const {
  if (content && content->bytes) return *content->bytes;
  if (content && content->file) return content->file->read(0, content->file->size());
  std::string out;
  for (const auto& piece : body) out.append(piece.view());
  return out;
}

namespace detail {

json query_as_json(const request& r) {
  std::vector<json::member> members;
  members.reserve(r.query_params.size());
  for (const auto& [name, value] : r.query_params) {
    auto same = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == name; });
    if (same != members.end()) members.erase(same);
    // `?level=` is what an empty form field sends: nothing was asked for.
    if (!value.empty()) members.emplace_back(name, json::from_text(value));
  }
  return json::object(std::move(members));
}

result<json> body_as_json(const request& r) {
  if (r.body.empty()) return json::object({});
  const auto type = r.header("content-type").value_or("");
  const std::string media = ascii_lower(trim(std::string_view(type).substr(0, type.find(';'))));
  const bool is_json = media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"));
  if (!is_json)
    return fault{fault_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json."};
  return json::parse(r.body);
}

}  // namespace detail
}  // namespace stoa
