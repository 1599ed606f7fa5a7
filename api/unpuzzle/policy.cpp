#include "api/unpuzzle/policy.hpp"

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

/// {"status": "error", "error": {"code", "message", "details": [{"field", "message"}]}, "timestamp", "request_id"}
reply render(const fault& f, const request& r) {
  json_writer w;
  w.begin_object();
  w.key("status"), w.string("error");
  w.key("error");
  w.begin_object();
  w.key("code"), w.string(code_of(f));
  w.key("message"), w.string(f.kind == fault_kind::invalid && !f.fields.empty() ? "Invalid input data" : f.message);
  w.key("details");
  w.begin_array();
  for (const auto& e : f.fields) {
    w.begin_object();
    w.key("field"), w.string(e.field.empty() ? "non_field_errors" : e.field);
    w.key("message"), w.string(e.message);
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

}  // namespace

http::dialect_policy policy(const runtime::limit_settings& limits) {
  using subject = http::rate_rule::subject;
  http::dialect_policy p;
  p.dialect = dialect::unpuzzle;
  p.prefix = "/unpuzzle/api/v1";
  p.base = "/api/v1";
  p.render = render;
  p.cookies = true;
  p.reset_after_header = true;
  if (limits.enabled) {
    p.limits = {{subject::anonymous, limits.unpuzzle_anonymous_per_hour},
                {subject::user, limits.unpuzzle_user_per_hour}};
    p.login_limits = http::shared_login_limits(limits.login_per_address_per_hour, limits.login_per_account_per_hour);
  }
  return p;
}

}  // namespace stoa::unpuzzle
