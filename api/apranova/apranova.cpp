#include "api/apranova/apranova.hpp"

#include "api/http/page.hpp"

namespace stoa::apranova {
namespace {

int status_of(const fault& f) {
  switch (f.kind) {
    case fault_kind::invalid:
    case fault_kind::payment_required:
      return 400;
    case fault_kind::locked:
      return 403;
    default:
      return http::status_of(f.kind);
  }
}

/// The sort of error in the contract's words.
std::string_view title_of(const fault& f) {
  if (f.code == "INVALID_CREDENTIALS") return "Invalid credentials";
  if (f.code == "INVALID_TOKEN" || f.code == "TOKEN_EXPIRED") return "Invalid token";
  switch (f.kind) {
    case fault_kind::malformed:
    case fault_kind::invalid:
    case fault_kind::rejected:
      return "Invalid request";
    case fault_kind::unauthenticated:
      return "Authentication required";
    case fault_kind::payment_required:
      return "Payment required";
    case fault_kind::forbidden:
      return "Permission denied";
    case fault_kind::not_found:
      return "Not found";
    case fault_kind::method_not_allowed:
      return "Method not allowed";
    case fault_kind::conflict:
      return "Conflict";
    case fault_kind::too_large:
      return "Request too large";
    case fault_kind::unsupported_media:
      return "Unsupported media type";
    case fault_kind::unprocessable:
      return "Unprocessable request";
    case fault_kind::locked:
      return "Account locked";
    case fault_kind::too_many:
      return "Too many requests";
    case fault_kind::internal:
      return "Server error";
    case fault_kind::unavailable:
      return "Service unavailable";
  }
  return "Error";
}

const std::string* extra_of(const fault& f, std::string_view name) {
  for (const auto& [key, value] : f.extra)
    if (key == name) return &value;
  return nullptr;
}

/// {"error", "message", "details"}; validation is {"field": ["message"]}; a refused role names the real one.
reply render(const fault& f, const request&) {
  json_writer w;
  if (f.kind == fault_kind::invalid && !f.fields.empty()) {
    http::write_field_lists(w, f);
    return reply::json_text(w.take(), status_of(f));
  }
  const bool about_role = f.kind == fault_kind::forbidden && extra_of(f, "actual_role");
  const std::string* title = extra_of(f, "error");
  const std::string* details = extra_of(f, "details");
  w.begin_object();
  w.key("error"), w.string(title ? std::string_view(*title) : about_role ? "Unauthorized role access" : title_of(f));
  if (about_role) w.key("detail"), w.string(f.message);
  w.key("message"), w.string(f.message);
  w.key("details"), w.string(details ? *details : f.message);
  w.key("code"), w.string(f.code);
  http::write_further_members(w, f, {"error", "details"});
  w.end_object();
  return reply::json_text(w.take(), status_of(f));
}

}  // namespace

std::string redirect_setting(const std::string& role) { return role + "_redirect"; }

api::self_description describe() {
  using subject = http::rate_rule::subject;
  api::self_description d;
  d.name = dialect("apranova");
  d.prefix = "/apranova/api";
  d.base = "/api";
  d.access_life = hours{1};
  d.refresh_life = days{7};
  d.render = render;
  d.pages = http::counted_pages();
  // Workspaces are counted by whoever makes them: asking for one's own once more makes none.
  d.limits = {api::limit_on_strangers(100),
              api::limit_on_users(1000),
              {{subject::address, 20, hours{1}, "/users/check-email/", verb::post},
               "email_checks_per_hour",
               "addresses that one client may look up"}};
  for (const std::string role : {"student", "trainer", "admin"})
    d.settings.push_back({redirect_setting(role),
                          setting_type::text,
                          "/" + role + "/dashboard",
                          "where a " + role + " is sent after signing in",
                          {}});
  d.areas = {add_auth_routes, add_oauth_routes, add_track_routes};
  return d;
}

}  // namespace stoa::apranova
