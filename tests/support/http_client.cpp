#include "tests/support/http_client.hpp"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>

#include "stoa/text.hpp"

namespace stoa::testing {
namespace {

struct curl_library {
  curl_library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

struct easy_closer {
  void operator()(CURL* c) const noexcept { curl_easy_cleanup(c); }
};
struct list_closer {
  void operator()(curl_slist* l) const noexcept { curl_slist_free_all(l); }
};

CURL* own_handle() {
  static curl_library once;
  thread_local std::unique_ptr<CURL, easy_closer> handle(curl_easy_init());
  curl_easy_reset(handle.get());
  return handle.get();
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* into) {
  const std::string_view line(data, size * count);
  auto& fields = *static_cast<header_fields*>(into);
  if (line.starts_with("HTTP/")) fields.clear();  // the final answer's only, not those of 100 Continue
  const auto colon = line.find(':');
  if (colon != line.npos)
    fields.emplace_back(ascii_lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return size * count;
}

}  // namespace

std::optional<std::string> response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> response::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : headers)
    if (key == name) out.push_back(value);
  return out;
}

const json& response::document() const {
  if (!parsed) {
    auto read = json::parse(body);
    if (!read) throw std::runtime_error(asked + " answered no JSON: " + body);
    parsed = std::make_shared<const json>(std::move(read).value());
  }
  return *parsed;
}

const json* find_at(const json& from, std::string_view path) {
  const json* here = &from;
  while (here && !path.empty()) {
    const auto dot = path.find('.');
    const auto one = path.substr(0, dot);
    path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
    if (here->is_array()) {
      const auto index = std::stoul(std::string(one));
      here = index < here->items().size() ? &here->items()[index] : nullptr;
    } else {
      here = here->find(one);
    }
  }
  return here;
}

const json& response::at(std::string_view path) const {
  const auto* found = find_at(document(), path);
  if (!found) throw std::runtime_error(asked + ": no member " + std::string(path) + " in " + body);
  return *found;
}

bool response::has(std::string_view path) const { return find_at(document(), path) != nullptr; }

std::string response::text(std::string_view path) const {
  const auto& value = at(path);
  if (!value.is_string()) throw std::runtime_error(asked + ": " + std::string(path) + " is no string in " + body);
  return value.text();
}

std::int64_t response::integer(std::string_view path) const {
  const auto& value = at(path);
  const auto n = value.is_number() ? value.as_integer() : std::nullopt;
  if (!n) throw std::runtime_error(asked + ": " + std::string(path) + " is no whole number in " + body);
  return *n;
}

bool response::truth(std::string_view path) const {
  const auto& value = at(path);
  if (!value.is_boolean()) throw std::runtime_error(asked + ": " + std::string(path) + " is no boolean in " + body);
  return value.as_boolean();
}

field::field(const char* s) { append_json_string(encoded, s); }
field::field(const std::string& s) { append_json_string(encoded, s); }
field::field(bool b) : encoded(b ? "true" : "false") {}
field::field(int n) : encoded(std::to_string(n)) {}
field::field(double d) {
  json_writer w;
  w.real(d);
  encoded = w.take();
}
field::field(std::nullptr_t) : encoded("null") {}
field::field(std::vector<std::string> list) {
  json_writer w;
  w.begin_array();
  for (const auto& one : list) w.string(one);
  w.end_array();
  encoded = w.take();
}
field field::raw(std::string json_text) {
  field f;
  f.encoded = std::move(json_text);
  return f;
}

std::string object(std::initializer_list<std::pair<std::string, field>> members) {
  json_writer w;
  w.begin_object();
  for (const auto& [name, value] : members) w.key(name), w.raw(value.encoded);
  w.end_object();
  return w.take();
}

client client::as(std::string token) const { return with("Authorization", "Bearer " + token); }

client client::with(std::string name, std::string value) const {
  client copy = *this;
  copy.headers_.emplace_back(std::move(name), std::move(value));
  return copy;
}

client client::below(const std::string& path) const {
  client copy = *this;
  copy.base_ += path;
  return copy;
}

namespace {
std::vector<std::function<void(const response&)>>& watchers() {
  static std::vector<std::function<void(const response&)>> all;
  return all;
}
}  // namespace

void watch_answers(std::function<void(const response&)> look) { watchers().push_back(std::move(look)); }

response client::send(const std::string& method, const std::string& path, std::optional<std::string> body) const {
  response out;
  const std::string address = base_ + path;
  out.asked = method + " " + address;
  CURL* c = own_handle();
  curl_easy_setopt(c, CURLOPT_URL, address.c_str());
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 60'000L);
  curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &out.headers);
  if (method == "HEAD") curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  std::unique_ptr<curl_slist, list_closer> fields(curl_slist_append(nullptr, "Expect:"));
  bool typed = false;
  for (const auto& [name, value] : headers_) {
    typed = typed || ascii_lower(name) == "content-type";
    // curl sends a field without a value only when it ends in a semicolon.
    curl_slist_append(fields.get(), (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  if (body) {
    if (!typed) curl_slist_append(fields.get(), "Content-Type: application/json");
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->data());
  }
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields.get());
  const auto outcome = curl_easy_perform(c);
  if (outcome != CURLE_OK) throw std::runtime_error(out.asked + ": " + curl_easy_strerror(outcome));
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<int>(status);
  for (const auto& look : watchers()) look(out);
  return out;
}

}  // namespace stoa::testing
