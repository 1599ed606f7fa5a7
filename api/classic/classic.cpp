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

void limit(http::dialect_policy& p, const settings_view& own) {
  using subject = http::rate_rule::subject;
  p.limits = {{subject::address, own.integer("address_per_hour")},
              {subject::user, own.integer("user_per_minute"), seconds{60}}};
}

}  // namespace

api::self_description describe() {
  api::self_description d;
  d.name = dialect("classic");
  d.prefix = "/classic/api";
  d.base = "/api";
  d.access_life = hours{1};
  d.refresh_life = days{7};
  d.render = render;
  d.pages = http::counted_pages();
  d.settings = {api::hosts_setting(), api::limit_setting("address_per_hour", "1000", "requests of an address"),
                api::limit_setting("user_per_minute", "100", "requests of a user")};
  d.limit = limit;
  d.areas = {add_auth_routes};
  return d;
}

}  // namespace stoa::classic
