#include "api/lms/lms.hpp"

#include "api/http/page.hpp"

namespace stoa::lms {
namespace {

std::string type_of(const std::string& rule) {
  if (rule == "required") return "value_error.missing";
  if (rule == "type") return "type_error";
  return "value_error." + rule;
}

/// `["body", "answers", 0, "question_id"]`
void write_place(json_writer& w, const field_error& e, bool in_query) {
  w.begin_array();
  w.string(in_query ? "query" : "body");
  std::string_view rest = e.field;
  while (!rest.empty()) {
    const auto dot = rest.find('.');
    const auto one = rest.substr(0, dot);
    if (!one.empty() && one.size() < 10 && one.find_first_not_of("0123456789") == one.npos)
      w.raw(std::to_string(std::stoul(std::string(one))));
    else
      w.string(one);
    rest = dot == rest.npos ? std::string_view{} : rest.substr(dot + 1);
  }
  w.end_array();
}

std::string_view message_of(const fault& f) {
  if (f.code == "AUTHENTICATION_REQUIRED" || f.code == "TOKEN_EXPIRED" || f.code == "INVALID_TOKEN")
    return "Could not validate credentials";
  if (f.code == "INVALID_CREDENTIALS") return "Invalid credentials";
  if (f.code == "ACCOUNT_LOCKED") return "Account locked (too many failed attempts)";
  if (f.code == "PERMISSION_DENIED") return "Not authorized to perform this action";
  if (f.code == "RATE_LIMIT_EXCEEDED") return "Rate limit exceeded. Please try again later.";
  if (f.kind == fault_kind::not_found) return "Resource not found";
  return f.message;
}

/// {"detail": text or list of {loc, msg, type}, "code"}
reply render(const fault& f, const request& r) {
  const int status = http::status_of(f.kind);
  json_writer w;
  w.begin_object();
  w.key("detail");
  if (f.fields.empty()) {
    w.string(message_of(f));
  } else {
    // GET and DELETE have no body that anybody reads.
    const bool in_query = r.body.empty() && !r.query_params.empty();
    w.begin_array();
    for (const auto& e : f.fields) {
      w.begin_object();
      w.key("loc"), write_place(w, e, in_query);
      w.key("msg"), w.string(e.rule == "email" ? "value is not a valid email address" : e.message);
      w.key("type"), w.string(type_of(e.rule));
      w.end_object();
    }
    w.end_array();
  }
  // The contract has no codes; clients of it ignore this one, and what is refused for its own reason can be told apart.
  w.key("code"), w.string(f.code);
  http::write_further_members(w, f);
  w.end_object();
  return reply::json_text(w.take(), status);
}

void write_page(json_writer& w, const request&, const page_request& asked, std::int64_t total,
                const std::function<void()>& items) {
  w.begin_object();
  w.key("items"), items();
  w.key("total"), w.integer(total);
  w.key("page"), w.integer(asked.page);
  w.key("page_size"), w.integer(asked.size);
  w.key("pages"), w.integer(asked.pages(total));
  w.end_object();
}

void page_schema(json_writer& w, const std::function<void()>& items) {
  http::write_page_schema(w, {"total", "page", "page_size", "pages"}, false, "items", items);
}

}  // namespace

api::self_description describe() {
  api::self_description d;
  d.name = dialect("lms");
  d.prefix = "/lms/api/v1";
  d.base = "/api/v1";
  d.access_life = minutes{15};
  d.refresh_life = days{7};
  d.render = render;
  d.pages = {write_page, page_schema};
  d.limits = {api::limit_on_logins(100)};
  d.areas = {add_auth_routes,       add_security_routes, add_course_routes,  add_lesson_routes,
             add_enrollment_routes, add_quiz_routes,     add_attempt_routes, add_health_routes};
  return d;
}

}  // namespace stoa::lms
