#include "api/http/dialect_policy.hpp"

#include <algorithm>

#include "stoa/http_status.hpp"

namespace stoa::http {

int status_of(fault_kind kind) noexcept { return usual_status(kind); }

const dialect_policy& plain_policy() {
  static const dialect_policy plain = [] {
    dialect_policy p;
    p.pages = plain_pages();
    p.render = [](const fault& f, const request&) {
      json_writer w;
      w.begin_object();
      w.key("error");
      w.begin_object();
      w.key("code"), w.string(f.code);
      w.key("message"), w.string(f.message);
      write_further_members(w, f);
      w.end_object();
      w.end_object();
      return reply::json_text(w.take(), status_of(f.kind));
    };
    return p;
  }();
  return plain;
}

namespace {

rate_rule shared_limit(rate_rule::subject by, std::int64_t per_hour) {
  rate_rule rule{by, per_hour};
  rule.shared = true;
  return rule;
}

}  // namespace

rate_rule shared_login_limit(std::int64_t per_address_per_hour) {
  return shared_limit(rate_rule::subject::address, per_address_per_hour);
}

rate_rule shared_hash_limit(std::int64_t per_address_per_hour) {
  return shared_limit(rate_rule::subject::hashing, per_address_per_hour);
}

void write_further_members(json_writer& w, const fault& f, std::initializer_list<std::string_view> apart) {
  if (f.retry_after) w.key("retry_after"), w.integer(f.retry_after->count());
  if (f.kind == fault_kind::internal) return;
  for (const auto& [name, value] : f.extra)
    if (std::find(apart.begin(), apart.end(), name) == apart.end()) w.key(name), w.string(value);
}

void write_field_lists(json_writer& w, const fault& f) {
  const auto name_of_field = [](const field_error& e) {
    return e.field.empty() ? std::string_view("non_field_errors") : std::string_view(e.field);
  };
  w.begin_object();
  for (std::size_t i = 0; i < f.fields.size(); ++i) {
    const auto name = name_of_field(f.fields[i]);
    bool seen = false;
    for (std::size_t k = 0; k < i && !seen; ++k) seen = name_of_field(f.fields[k]) == name;
    if (seen) continue;
    w.key(name);
    w.begin_array();
    for (std::size_t k = i; k < f.fields.size(); ++k)
      if (name_of_field(f.fields[k]) == name) w.string(f.fields[k].message);
    w.end_array();
  }
  w.end_object();
}

}  // namespace stoa::http
