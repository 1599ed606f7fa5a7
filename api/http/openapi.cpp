#include "api/http/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "api/http/example_schema.hpp"
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
  writer(const dialect_policy& p, const wire::schema_registry& known, const example_book& examples)
      : policy(p), book(examples), components(known) {}

  const dialect_policy& policy;
  const example_book& book;
  json_writer w;
  wire::schema_registry components;
  std::set<fault_kind> used_errors;
  std::set<std::string> used_ids;

  void pair(std::string_view key, std::string_view value) { w.key(key), w.string(value); }

  struct sample {
    fault_kind kind;
    const char* code;
    const char* message;
  };
  /// What stands in the examples of the envelopes, which the dialect itself renders.
  static constexpr sample samples[] = {
      {fault_kind::malformed, "MALFORMED_JSON", "The body cannot be read."},
      {fault_kind::invalid, "VALIDATION_ERROR", "Fields are wrong."},
      {fault_kind::rejected, "REJECTED", "The state of things forbids it."},
      {fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED", "Authentication credentials were not provided."},
      {fault_kind::payment_required, "PAYMENT_REQUIRED", "It has to be paid first."},
      {fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action."},
      {fault_kind::not_found, "NOT_FOUND", "There is nothing here."},
      {fault_kind::conflict, "CONFLICT", "It is there already, or has changed."},
      {fault_kind::too_large, "PAYLOAD_TOO_LARGE", "The body is too large."},
      {fault_kind::unsupported_media, "UNSUPPORTED_MEDIA_TYPE", "The body is of another type."},
      {fault_kind::unprocessable, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used with another body."},
      {fault_kind::locked, "ACCOUNT_LOCKED", "Too many failed sign-ins. Try again later."},
      {fault_kind::too_many, "RATE_LIMIT_EXCEEDED", "Too many requests."},
      {fault_kind::unavailable, "SERVICE_UNAVAILABLE", "Please try again."},
  };

  reply rendered(const sample& s) const {
    fault f{s.kind, s.code, s.message};
    if (s.kind == fault_kind::invalid)
      f.fields = {{"email", "This field is required.", "required"},
                  {"items.0.id", "This field is required.", "required"}};
    if (s.kind == fault_kind::too_many || s.kind == fault_kind::locked) f.retry_after = seconds{3600};
    return policy.render(f, request{});
  }

  int status_of(fault_kind kind) const {
    for (const auto& s : samples)
      if (s.kind == kind) return rendered(s).status;
    throw std::logic_error("a kind of refusal that OpenAPI has no example of");
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
    if (once(e)) {
      w.begin_object();
      pair("name", "Idempotency-Key");
      pair("in", "header");
      pair("description", "The same key and body get the same answer for a day.");
      w.key("schema"), w.raw(R"({"type":"string","minLength":1,"maxLength":255})");
      w.end_object();
    }
    if (e.route->takes_page) {
      page_parameter("page", "Which page, from 1 on.", 1, page_request::last_page);
      page_parameter("page_size", "How many items a page has; more than the most are the most.",
                     page_request::usual_size, page_request::largest_size);
    }
    w.end_array();
  }

  /// Of a body that the handler reads itself. A form is there for its file; what else it holds is the handler's.
  static const char* schema_of_bytes(const std::string& consumes) {
    if (consumes.empty()) return R"({"type":"object"})";
    if (consumes.starts_with("multipart/"))
      return R"({"type":"object","properties":{"file":{"type":"string","format":"binary"}},"required":["file"]})";
    return R"({"type":"string","format":"binary"})";
  }

  /// Whether an Idempotency-Key counts.
  static bool once(const endpoint& e) {
    const auto& o = e.route->options;
    return e.route->verb == verb::post && !o.door && !o.signed_by_sender;
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
    used_errors.insert(kind);
    if (!written_.insert(status).second) return;
    w.key(key);
    w.begin_object();
    pair("$ref", "#/components/responses/error_" + key);
    w.end_object();
  }

  void success(const endpoint& e, int status, const example_book::pair* example) {
    if (!written_.insert(status).second) return;
    const auto& produces = e.route->options.produces;
    w.key(std::to_string(status));
    w.begin_object();
    const bool elsewhere = status >= 300;
    pair("description", elsewhere ? "Elsewhere" : status == 201 ? "Created" : status == 204 ? "Done" : "Success");
    if (elsewhere)
      w.key("headers"), w.raw(R"({"Location":{"schema":{"type":"string","format":"uri-reference"}}})");
    else if (e.route->output_schema || !produces.empty()) {
      w.key("content");
      w.begin_object();
      w.key(produces.empty() ? "application/json" : produces);
      w.begin_object();
      w.key("schema");
      if (e.route->output_schema)
        e.route->output_schema(w, components);
      else
        w.raw(R"({"type":"string","format":"binary"})");
      if (example && e.route->output_schema && !example->response.empty()) w.key("example"), w.raw(example->response);
      w.end_object();
      w.end_object();
    }
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
    const auto* example = book.find(id);
    pair("summary", o.summary.empty() ? id : o.summary);
    w.key("tags");
    w.begin_array();
    w.string(area_of(*e.route));
    w.end_array();
    parameters(e, names);
    const bool has_body = (e.route->takes_json && e.route->input_schema) || e.route->takes_bytes;
    if (has_body) {
      w.key("requestBody");
      w.begin_object();
      w.key("required"), w.boolean(true);
      w.key("content");
      w.begin_object();
      const auto& consumes = e.route->takes_bytes ? o.consumes : std::string();
      w.key(consumes.empty() ? "application/json" : consumes);
      w.begin_object();
      w.key("schema");
      if (e.route->takes_bytes)
        w.raw(schema_of_bytes(consumes));
      else
        e.route->input_schema(w, components);
      if (example && consumes.empty() && !example->request.empty()) w.key("example"), w.raw(example->request);
      w.end_object();
      w.end_object();
      w.end_object();
    }
    w.key("responses");
    w.begin_object();
    written_.clear();
    success(e, o.status, example);
    for (const int status : o.also) success(e, status, example);
    if (!o.produces.empty() && !e.route->output_schema && o.produces != "text/event-stream")
      for (const auto& [status, about] : {std::pair(206, "A part of it"), {304, "Not modified"}, {416, "No such part"}})
        w.key(std::to_string(status)), w.raw("{\"description\":\"" + std::string(about) + "\"}");
    const bool changes = e.route->verb != verb::get;
    if (e.route->input_schema) error(fault_kind::invalid);
    error(fault_kind::malformed);  // also where percent signs in an address mean nothing
    if (has_body || (changes && e.route->verb != verb::del))
      error(fault_kind::too_large), error(fault_kind::unsupported_media);
    if (o.auth != auth::none || o.login) error(fault_kind::unauthenticated);
    if (o.roles.bits || (policy.cookies && changes && o.auth != auth::none)) error(fault_kind::forbidden);
    if (!names.empty()) error(fault_kind::not_found);
    if (once(e)) error(fault_kind::conflict), error(fault_kind::unprocessable), error(fault_kind::rejected);
    if (o.login) error(fault_kind::locked);
    if (!e.limits.empty() || o.login) error(fault_kind::too_many);
    for (const auto kind : o.refuses) error(kind);
    error(fault_kind::unavailable);
    w.end_object();
    if (o.auth == auth::none)
      w.key("security"), w.raw("[]");
    else if (o.auth == auth::optional)
      w.key("security"), w.raw(R"([{},{"bearer":[]}])");
    w.end_object();
  }

  /// The envelopes of each status, as the dialect itself renders what ends in it.
  void errors() {
    w.key("responses");
    w.begin_object();
    std::map<int, std::vector<const sample*>> by_status;
    for (const auto& s : samples)
      if (used_errors.contains(s.kind)) by_status[rendered(s).status].push_back(&s);
    for (const auto& [status, all] : by_status) {
      std::vector<json> bodies;
      for (const auto* s : all) bodies.push_back(json::parse(rendered(*s).body_text()).value());
      w.key("error_" + std::to_string(status));
      w.begin_object();
      pair("description", all.front()->message);
      w.key("content");
      w.begin_object();
      w.key("application/json");
      w.begin_object();
      w.key("schema");
      w.begin_object();
      pair("$ref", "#/components/schemas/error_" + std::to_string(status));
      w.end_object();
      w.key("example"), w.raw(bodies.front().dump());
      w.end_object();
      w.end_object();
      w.end_object();
      components.components["error_" + std::to_string(status)] = schema_of_examples(bodies);
    }
    w.end_object();
  }

 private:
  std::set<int> written_;
};

}  // namespace

std::string openapi_document(const router& routes, const dialect& d, const std::string& version,
                             const std::string& public_path, const example_book& book) {
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

  writer out(*policy, routes.schemas_of(d), book);
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
