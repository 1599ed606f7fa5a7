#include "api/http/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "stoa/text.hpp"

namespace stoa::http {
namespace {

/// `/a/{id}/b` as `/a/{}/b`: what two patterns have in common whose parameters only have other names.
std::string shape_of(const std::string& pattern) {
  std::string out;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '}') inside = false;
    if (!inside) out.push_back(c);
    if (c == '{') inside = true;
  }
  return out;
}

std::string shown(std::string pattern) {
  if (const auto dots = pattern.find("...}"); dots != pattern.npos) pattern.erase(dots, 3);
  return pattern;
}

std::string operation_id(verb v, const std::string& pattern) {
  std::string out = ascii_lower(name_of(v));
  bool gap = true;
  for (const char c : pattern) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word) {
      if (gap) out.push_back('_');
      out.push_back(c);
    }
    gap = !word;
  }
  return out;
}

/// Without the `null` branch of an optional: a parameter that is absent is not null.
const json& plain_schema(const json& s) {
  if (const auto* any = s.find("anyOf"); any && any->is_array() && !any->items().empty()) return any->items().front();
  return s;
}

struct writer {
  writer(const dialect_policy& p, const wire::schema_registry& known) : policy(p), components(known) {}

  const dialect_policy& policy;
  json_writer w;
  wire::schema_registry components;
  std::set<int> used_errors;
  std::set<std::string> used_ids;

  void pair(std::string_view key, std::string_view value) { w.key(key), w.string(value); }

  int status_of(fault_kind kind) const {
    fault f{kind, "CODE", "Message."};
    if (kind == fault_kind::invalid) f.fields.push_back({"field", "Message.", "invalid"});
    return policy.render(f, request{}).status;
  }

  void parameters(const endpoint& e, const std::vector<std::string>& names) {
    w.key("parameters");
    w.begin_array();
    for (const auto& name : names) {
      w.begin_object();
      pair("name", name);
      pair("in", "path");
      w.key("required"), w.boolean(true);
      w.key("schema"), w.raw(path_schema(*e.route, name));
      w.end_object();
    }
    if (e.route->takes_query && e.route->input_schema) {
      wire::schema_registry own;
      json_writer unused;
      e.route->input_schema(unused, own);
      const auto ref = json::parse(unused.str());
      const auto* to = ref ? ref->find("$ref") : nullptr;
      const auto name = to ? to->text().substr(to->text().rfind('/') + 1) : std::string();
      const auto all = json::parse(own.components[name].empty() ? "{}" : own.components[name]);
      const auto* required = all ? all->find("required") : nullptr;
      if (const auto* properties = all ? all->find("properties") : nullptr)
        for (const auto& [key, schema] : properties->members()) {
          w.begin_object();
          pair("name", key);
          pair("in", "query");
          if (required)
            for (const auto& r : required->items())
              if (r.text() == key) w.key("required"), w.boolean(true);
          w.key("schema"), w.raw(plain_schema(schema).dump());
          w.end_object();
        }
    }
    if (e.route->takes_page) {
      page_parameter("page", "Which page, from 1 on.", 1, page_request::last_page);
      page_parameter("page_size", "How many items a page has; more than the most are the most.",
                     page_request::usual_size, page_request::largest_size);
    }
    w.end_array();
  }

  static std::string path_schema(const route& r, const std::string& name) {
    for (const auto& [known, schema] : r.path_schemas)
      if (known == name) return schema;
    return R"({"type":"string"})";
  }

  void page_parameter(std::string_view name, std::string_view about, std::int64_t usual, std::int64_t most) {
    w.begin_object();
    pair("name", name);
    pair("in", "query");
    pair("description", about);
    w.key("schema");
    w.begin_object();
    pair("type", "integer");
    w.key("minimum"), w.integer(1);
    w.key("maximum"), w.integer(most);
    w.key("default"), w.integer(usual);
    w.end_object();
    w.end_object();
  }

  void error(fault_kind kind) {
    const int status = status_of(kind);
    const auto key = std::to_string(status);
    if (!written_.insert(status).second) return;
    used_errors.insert(status);
    w.key(key);
    w.begin_object();
    pair("$ref", "#/components/responses/error_" + key);
    w.end_object();
  }

  void operation(const endpoint& e, const std::vector<std::string>& names, const std::string& pattern) {
    const auto& o = e.route->options;
    components.area = area_of(*e.route);
    w.key(ascii_lower(name_of(e.route->verb)));
    w.begin_object();
    auto id = operation_id(e.route->verb, pattern);
    while (!used_ids.insert(id).second) id += "_";
    pair("operationId", id);
    pair("summary", o.summary.empty() ? id : o.summary);
    w.key("tags");
    w.begin_array();
    w.string(area_of(*e.route));
    w.end_array();
    parameters(e, names);
    if (e.route->takes_json && e.route->input_schema) {
      w.key("requestBody");
      w.begin_object();
      w.key("required"), w.boolean(true);
      w.key("content");
      w.begin_object();
      w.key("application/json");
      w.begin_object();
      w.key("schema"), e.route->input_schema(w, components);
      w.end_object();
      w.end_object();
      w.end_object();
    }
    w.key("responses");
    w.begin_object();
    written_.clear();
    written_.insert(o.status);
    w.key(std::to_string(o.status));
    w.begin_object();
    pair("description", o.status == 201 ? "Created" : o.status == 204 ? "Done" : "Success");
    if (e.route->output_schema) {
      w.key("content");
      w.begin_object();
      w.key("application/json");
      w.begin_object();
      w.key("schema"), e.route->output_schema(w, components);
      w.end_object();
      w.end_object();
    }
    w.end_object();
    if (e.route->input_schema) error(fault_kind::malformed), error(fault_kind::invalid);
    if (o.auth != auth::none || o.login) error(fault_kind::unauthenticated);
    if (o.roles.bits) error(fault_kind::forbidden);
    if (!names.empty()) error(fault_kind::not_found);
    if (!e.limits.empty()) error(fault_kind::too_many);
    error(fault_kind::unavailable);
    w.end_object();
    if (o.auth == auth::none)
      w.key("security"), w.raw("[]");
    else if (o.auth == auth::optional)
      w.key("security"), w.raw(R"([{},{"bearer":[]}])");
    w.end_object();
  }

  /// The envelopes, each as the dialect itself renders it.
  void errors() {
    struct sample {
      fault_kind kind;
      const char* code;
      const char* message;
    };
    static constexpr sample samples[] = {
        {fault_kind::malformed, "MALFORMED_JSON", "The body cannot be read."},
        {fault_kind::invalid, "VALIDATION_ERROR", "Fields are wrong."},
        {fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED", "Authentication credentials were not provided."},
        {fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action."},
        {fault_kind::not_found, "NOT_FOUND", "There is nothing here."},
        {fault_kind::too_many, "RATE_LIMIT_EXCEEDED", "Too many requests."},
        {fault_kind::unavailable, "SERVICE_UNAVAILABLE", "Please try again."},
    };
    w.key("responses");
    w.begin_object();
    std::set<int> done;
    for (const auto& s : samples) {
      fault f{s.kind, s.code, s.message};
      if (s.kind == fault_kind::invalid) f.fields.push_back({"email", "This field is required.", "required"});
      if (s.kind == fault_kind::too_many) f.retry_after = seconds{3600};
      const auto r = policy.render(f, request{});
      if (!used_errors.contains(r.status) || !done.insert(r.status).second) continue;
      w.key("error_" + std::to_string(r.status));
      w.begin_object();
      pair("description", s.message);
      w.key("content");
      w.begin_object();
      w.key("application/json");
      w.begin_object();
      w.key("schema"), w.raw(R"({"type":"object"})");
      w.key("example"), w.raw(r.body_text());
      w.end_object();
      w.end_object();
      w.end_object();
    }
    w.end_object();
  }

 private:
  std::set<int> written_;
};

}  // namespace

std::string openapi_document(const router& routes, const dialect& d, const std::string& version,
                             const std::string& public_path) {
  const auto* policy = routes.policy_of(d);
  if (!policy) throw std::logic_error("no routes of this dialect were added");
  // In the order of paths; methods of one path together, whatever their patterns call the parameters.
  std::map<std::string, std::vector<const endpoint*>> paths;
  std::set<std::string> tags;
  for (const auto& e : routes.endpoints())
    if (e.policy == policy) {
      paths[shape_of(e.route->pattern)].push_back(&e);
      tags.insert(area_of(*e.route));
    }

  writer out(*policy, routes.schemas_of(d));
  auto& w = out.w;
  w.begin_object();
  out.pair("openapi", "3.1.0");
  w.key("info");
  w.begin_object();
  out.pair("title", "Stoa, the " + std::string(name_of(d)) + " dialect");
  out.pair("version", version);
  out.pair("description", "Every endpoint is served below both addresses.");
  w.key("license"), w.raw(R"({"name":"Apache-2.0","identifier":"Apache-2.0"})");
  w.end_object();
  w.key("servers");
  w.begin_array();
  for (const auto& url : {policy->prefix, policy->base}) {
    w.begin_object();
    out.pair("url", public_path + url);
    w.end_object();
  }
  w.end_array();
  w.key("security"), w.raw(R"([{"bearer":[]}])");
  w.key("tags");
  w.begin_array();
  for (const auto& t : tags) {
    w.begin_object();
    out.pair("name", t);
    out.pair("description", "Operations on " + t + ".");
    w.end_object();
  }
  w.end_array();
  w.key("paths");
  w.begin_object();
  for (const auto& [shape, all] : paths) {
    const auto& pattern = all.front()->route->pattern;
    w.key(shown(pattern));
    w.begin_object();
    for (const auto* e : all) out.operation(*e, all.front()->names, pattern);
    w.end_object();
  }
  w.end_object();
  w.key("components");
  w.begin_object();
  out.errors();
  w.key("schemas");
  w.begin_object();
  for (const auto& [name, schema] : out.components.components) w.key(name), w.raw(schema.empty() ? "{}" : schema);
  w.end_object();
  w.key("securitySchemes");
  w.raw(R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}})");
  w.end_object();
  w.end_object();
  return w.take();
}

}  // namespace stoa::http
