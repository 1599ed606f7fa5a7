#include "api/unpuzzle/unpuzzle.hpp"

#include "api/http/page.hpp"

namespace stoa::unpuzzle {
namespace {

/// The contract's own names of what is called otherwise elsewhere.
std::string_view code_of(const fault& f) {
  if (f.code == "AUTHENTICATION_REQUIRED" || f.code == "TOKEN_EXPIRED" || f.code == "INVALID_TOKEN")
    return "AUTH_INVALID_TOKEN";
  if (f.code == "USER_NOT_FOUND") return "AUTH_USER_NOT_FOUND";
  if (f.code == "INVALID_CREDENTIALS") return "AUTH_INVALID_CREDENTIALS";
  if (f.code == "ALREADY_ENROLLED") return "ENROLLMENT_EXISTS";
  if (f.kind == fault_kind::locked) return "RATE_LIMIT_EXCEEDED";
  return f.code;
}

int status_of(const fault& f) {
  if (f.kind == fault_kind::locked) return 429;
  if (f.kind == fault_kind::payment_required) return 400;  // 402 is not among the documented statuses
  return http::status_of(f.kind);
}

/// The contract's own sentences, which a client may compare.
std::string_view message_of(const fault& f) {
  if (f.kind == fault_kind::invalid && !f.fields.empty()) return "Invalid input data";
  if (code_of(f) == "RATE_LIMIT_EXCEEDED") return "Too many requests. Please try again later.";
  return f.message;
}

/// {"status": "error", "error": {"code", "message", "details": [{"field", "message"}]}, "timestamp", "request_id"}
reply render(const fault& f, const request& r) {
  json_writer w;
  w.begin_object();
  w.key("status"), w.string("error");
  w.key("error");
  w.begin_object();
  w.key("code"), w.string(code_of(f));
  w.key("message"), w.string(message_of(f));
  w.key("details");
  w.begin_array();
  for (const auto& e : f.fields) {
    w.begin_object();
    w.key("field"), w.string(e.field.empty() ? "non_field_errors" : e.field);
    w.key("message"), w.string(e.rule == "email" ? "Invalid email format" : e.message);
    w.end_object();
  }
  w.end_array();
  http::write_further_members(w, f);
  w.end_object();
  w.key("timestamp"), w.string(rfc3339(std::chrono::floor<seconds>(r.now)));
  w.key("request_id"), w.string(r.id);
  w.end_object();
  return reply::json_text(w.take(), status_of(f));
}

void write_page(json_writer& w, const request& r, const page_request& asked, std::int64_t total,
                const std::function<void()>& items) {
  const auto links = http::links_of(r, asked, total);
  w.begin_object();
  w.key("count"), w.integer(total);
  w.key("next"), wire::encode(w, links.next);
  w.key("previous"), wire::encode(w, links.previous);
  w.key("page_size"), w.integer(asked.size);
  w.key("page"), w.integer(asked.page);
  w.key("total_pages"), w.integer(asked.pages(total));
  w.key("results"), items();
  w.end_object();
}

void page_schema(json_writer& w, const std::function<void()>& items) {
  http::write_page_schema(w, {"count", "page_size", "page", "total_pages"}, true, "results", items);
}

}  // namespace

api::self_description describe() {
  api::self_description d;
  d.name = dialect("unpuzzle");
  d.prefix = "/unpuzzle/api/v1";
  d.base = "/api/v1";
  d.access_life = hours{1};
  d.refresh_life = days{30};
  d.render = render;
  d.pages = {write_page, page_schema};
  d.cookies = true;
  d.origins = {"https://app.unpuzzle.com"};
  d.reset_after_header = true;
  d.limits = {api::limit_on_strangers(100), api::limit_on_users(1000)};
  d.areas = {add_auth_routes};
  return d;
}

}  // namespace stoa::unpuzzle
