#include "api/classic/policy.hpp"

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

http::dialect_policy policy(const runtime::limit_settings& limits) {
  using subject = http::rate_rule::subject;
  http::dialect_policy p;
  p.dialect = dialect::classic;
  p.prefix = "/classic/api";
  p.base = "/api";
  p.render = render;
  if (limits.enabled) {
    p.limits = {{subject::address, limits.classic_per_hour},
                {subject::user, limits.classic_user_per_minute, seconds{60}}};
    p.login_limits = http::shared_login_limits(limits.login_per_address_per_hour, limits.login_per_account_per_hour);
  }
  return p;
}

}  // namespace stoa::classic
