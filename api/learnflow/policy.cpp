#include "api/learnflow/policy.hpp"

namespace stoa::learnflow {
namespace {

/// The contract's own names of what is called otherwise elsewhere.
std::string_view code_of(const fault& f) {
  if (f.kind == fault_kind::locked) return "RATE_LIMIT_EXCEEDED";
  if (f.code == "INVALID_ORDERING") return "VALIDATION_ERROR";
  return f.code;
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
  w.key("message"), w.string(f.kind == fault_kind::invalid && !f.fields.empty() ? "Invalid input data" : f.message);
  w.key("status"), w.integer(status);
  if (!f.fields.empty()) w.key("details"), http::write_field_lists(w, f);
  http::write_further_members(w, f);
  w.end_object();
  w.end_object();
  return reply::json_text(w.take(), status);
}

}  // namespace

http::dialect_policy policy(const runtime::limit_settings& limits) {
  using subject = http::rate_rule::subject;
  http::dialect_policy p;
  p.dialect = dialect::learnflow;
  p.prefix = "/learnflow/api/v1";
  p.base = "/api/v1";
  p.render = render;
  if (limits.enabled) {
    p.login_limits = http::shared_login_limits(limits.login_per_address_per_hour, limits.login_per_account_per_hour);
    p.login_limits.push_back({subject::address, limits.learnflow_login_per_hour});
  }
  return p;
}

}  // namespace stoa::learnflow
