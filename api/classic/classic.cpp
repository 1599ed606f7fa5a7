#include "api/classic/classic.hpp"

#include "api/http/page.hpp"

namespace stoa::classic {
namespace {

int status_of(const fault& f) {
  switch (f.kind) {
    // Of the statuses the contract lists, these come nearest.
    case fault_kind::invalid:
    case fault_kind::payment_required:
      return 400;
    case fault_kind::locked:
      return 429;
    default:
      return http::status_of(f.kind);
  }
}

/// {"success": false, "message", "error_code", "details": {}}
reply render(const fault& f, const request&) {
  json_writer w;
  w.begin_object();
  w.key("success"), w.boolean(false);
  w.key("message"), w.string(f.message);
  w.key("error_code"), w.string(f.code);
  w.key("details");
  if (!f.fields.empty()) {
    http::write_field_lists(w, f);
  } else {
    w.begin_object();
    http::write_further_members(w, f);
    w.end_object();
  }
  w.end_object();
  return reply::json_text(w.take(), status_of(f));
}

}  // namespace

api::self_description describe() {
  using subject = http::rate_rule::subject;
  api::self_description d;
  d.name = dialect("classic");
  d.prefix = "/classic/api";
  d.base = "/api";
  d.access_life = hours{1};
  d.refresh_life = days{7};
  d.render = render;
  d.pages = http::counted_pages();
  d.limits = {{{subject::address, 1000}, "address_per_hour", "requests of an address"},
              {{subject::user, 100, seconds{60}}, "user_per_minute", "requests of a user"}};
  d.areas = {add_auth_routes, add_course_routes, add_lesson_routes, add_learning_routes};
  return d;
}

}  // namespace stoa::classic
