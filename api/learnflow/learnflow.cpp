#include "api/learnflow/learnflow.hpp"

#include "api/http/page.hpp"

namespace stoa::learnflow {
namespace {

/// The contract's own names of what is called otherwise elsewhere.
std::string_view code_of(const fault& f) {
  if (f.kind == fault_kind::locked) return "RATE_LIMIT_EXCEEDED";
  if (f.code == "INVALID_ORDERING") return "VALIDATION_ERROR";
  return f.code;
}

/// The contract's own sentences, which a client may compare.
std::string message_of(const fault& f) {
  if (f.kind == fault_kind::invalid && !f.fields.empty()) return "Invalid input data";
  if (code_of(f) == "RATE_LIMIT_EXCEEDED" && f.retry_after)
    return "Request rate limit exceeded. Please try again in " + std::to_string(f.retry_after->count()) + " seconds.";
  return f.message;
}

/// {"error": {"code", "message", "status", "details"?, "retry_after"?}}
reply render(const fault& f, const request&) {
  const bool locked = f.kind == fault_kind::locked;
  const int status = locked ? 429 : http::status_of(f.kind);
  json_writer w;
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.key("code"), w.string(code_of(f));
  w.key("message"), w.string(message_of(f));
  w.key("status"), w.integer(status);
  if (!f.fields.empty()) w.key("details"), http::write_field_lists(w, f);
  http::write_further_members(w, f);
  w.end_object();
  w.end_object();
  return reply::json_text(w.take(), status);
}

void write_page(json_writer& w, const request& r, const page_request& asked, std::int64_t total,
                const std::function<void()>& items) {
  const auto links = http::links_of(r, asked, total);
  w.begin_object();
  w.key("count"), w.integer(total);
  w.key("next"), wire::encode(w, links.next);
  w.key("previous"), wire::encode(w, links.previous);
  w.key("total_pages"), w.integer(asked.pages(total));
  w.key("current_page"), w.integer(asked.page);
  w.key("results"), items();
  w.end_object();
}

void page_schema(json_writer& w, const std::function<void()>& items) {
  http::write_page_schema(w, {"count", "total_pages", "current_page"}, true, "results", items);
}

}  // namespace

api::self_description describe() {
  api::self_description d;
  d.name = dialect("learnflow");
  d.prefix = "/learnflow/api/v1";
  d.base = "/api/v1";
  d.access_life = minutes{15};
  d.refresh_life = days{7};
  d.render = render;
  d.pages = {write_page, page_schema};
  d.limits = {api::limit_on_logins(100)};
  d.areas = {add_auth_routes,     add_course_routes, add_review_routes,     add_authoring_routes, add_cart_routes,
             add_wishlist_routes, add_order_routes,  add_enrollment_routes, add_dashboard_routes};
  return d;
}

}  // namespace stoa::learnflow
