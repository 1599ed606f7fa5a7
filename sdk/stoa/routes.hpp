// Routes: what a dialect or a plugin declares, and the core hosts.
#pragma once

#include <boost/describe.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/task.hpp"
#include "stoa/wire.hpp"

namespace stoa {

/// The documented contracts.
enum class dialect { learnflow, unpuzzle, lms, classic, apranova };
inline constexpr dialect all_dialects[] = {dialect::learnflow, dialect::unpuzzle, dialect::lms, dialect::classic,
                                           dialect::apranova};
std::string_view name_of(dialect d) noexcept;
std::optional<dialect> dialect_named(std::string_view name) noexcept;

enum class verb { get, post, put, patch, del };
std::string_view name_of(verb v) noexcept;

/// What a person may be. A set of bits.
enum class role : unsigned { student = 1, instructor = 2, admin = 4 };
std::string_view name_of(role r) noexcept;
std::optional<role> role_named(std::string_view name) noexcept;

struct role_set {
  unsigned bits = 0;
  bool has(role r) const noexcept { return bits & static_cast<unsigned>(r); }
  void add(role r) noexcept { bits |= static_cast<unsigned>(r); }
  void remove(role r) noexcept { bits &= ~static_cast<unsigned>(r); }
  bool operator==(const role_set&) const = default;
};
BOOST_DESCRIBE_STRUCT(role_set, (), (bits))

/// Who asks. Made by the core from the token or cookie; a handler never authenticates.
struct caller {
  bool signed_in = false;
  user_id user;
  session_id session;
  role_set roles;
  std::string address;  ///< the client's address, behind configured proxies

  bool is_admin() const noexcept { return roles.has(role::admin); }
  bool may_teach() const noexcept { return roles.has(role::instructor) || roles.has(role::admin); }
};
BOOST_DESCRIBE_STRUCT(caller, (), (signed_in, user, session, roles, address))

/// Where the header fields of a request lie; asked only for those that somebody wants.
class header_source {
 public:
  virtual ~header_source();
  virtual std::optional<std::string_view> find(std::string_view lower_case_name) const = 0;
};

/// What a handler sees of a request. Lives until the handler's task has ended.
struct request {
  caller who;
  stoa::dialect dialect = stoa::dialect::learnflow;
  timestamp now;
  std::string id;  ///< X-Request-ID
  std::string
      base_url;      ///< absolute, up to the dialect's base path, without a final slash: `http://localhost:8000/api/v1`
  std::string path;  ///< as asked, without the query
  std::string body;  ///< the raw bytes
  std::vector<std::pair<std::string, std::string>> path_params;   ///< in the pattern's order, percent-decoded
  std::vector<std::pair<std::string, std::string>> query_params;  ///< in the request's order, percent-decoded
  std::vector<std::pair<std::string, std::string>> headers;       ///< names in lower case; asked before `source`
  const header_source* source = nullptr;                          ///< the fields as they came; ask header()

  const std::string& path_param(std::string_view name) const;
  /// The last value of that query parameter.
  std::optional<std::string> query(std::string_view name) const;
  std::optional<std::string> header(std::string_view lower_case_name) const;

  /// A path parameter as an id; `unknown` where it is not one, so that it answers exactly like an id nobody has.
  template <class Id>
  result<Id> path_id(std::string_view name, fault unknown) const {
    if (auto v = Id::parse(path_param(name))) return *v;
    return unknown;
  }
};

/// A piece of a body: own text, or bytes shared with a cache.
struct body_piece {
  std::string own;
  std::shared_ptr<const std::string> shared;
  std::string_view view() const noexcept { return shared ? std::string_view(*shared) : std::string_view(own); }
};

/// An answer as it goes out.
struct reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<body_piece> body;

  static reply json_text(std::string text, int status = 200);
  std::string body_text() const;
};

/// A typed body with its own status or headers.
template <class T>
struct answer {
  T body;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// A body the handler encodes itself (from cached pieces) in the documented shape `T`.
template <class T>
struct encoded {
  reply out;
};

/// The body as raw bytes, for webhooks and uploads.
struct raw_body {
  std::string bytes;
};

enum class auth {
  none,      ///< credentials are not even looked at
  optional,  ///< anonymous or signed in; credentials that are presented must be good
  required,  ///< 401 without good credentials
};

struct route_options {
  stoa::auth auth = stoa::auth::none;
  int status = 200;          ///< of success
  std::string summary = {};  ///< one line for OpenAPI
  role_set roles = {};       ///< any of these is needed, checked before the body is looked at; none = everybody
  std::size_t max_body = 0;  ///< bytes; 0 = the server's setting
  bool door = false;         ///< answers tokens: `Cache-Control: no-store`, and never kept for Idempotency-Key
  bool login = false;        ///< takes a password: the dialect's login limit applies
  bool unlimited = false;    ///< no rate limit counts it: webhooks, whose sender signs and cannot be asked to wait
  std::string tag = {};      ///< OpenAPI group; the area
};

/// A route as the router and OpenAPI see it.
struct route {
  stoa::verb verb;
  std::string pattern;  ///< below the dialect's base path: `/courses/{id}/reviews/`
  route_options options;
  bool takes_json = false;
  bool takes_query = false;
  std::function<task<reply>(const request&)> run;
  std::function<void(json_writer&, wire::schema_registry&)> input_schema;   ///< null where there is none
  std::function<void(json_writer&, wire::schema_registry&)> output_schema;  ///< null where there is none
};

namespace detail {

/// The request's query as a JSON object of strings and, where `T` wants them, numbers and booleans.
json query_as_json(const request& r);
/// The body as JSON; `malformed` faults, an empty body counts as `{}`.
result<json> body_as_json(const request& r);

template <class T>
struct out_traits {
  using shape = T;
  static reply make(const T& v, int status) { return reply::json_text(wire::write(v), status); }
};
template <>
struct out_traits<wire::nothing> {
  using shape = wire::nothing;
  static reply make(const wire::nothing&, int status) {
    reply r;
    r.status = status;
    r.content_type.clear();
    return r;
  }
};
template <>
struct out_traits<reply> {
  using shape = wire::nothing;
  static reply make(reply r, int) { return r; }
};
template <class T>
struct out_traits<encoded<T>> {
  using shape = T;
  static reply make(encoded<T> v, int) { return std::move(v.out); }
};
template <class T>
struct out_traits<answer<T>> {
  using shape = T;
  static reply make(answer<T> v, int) {
    reply r = out_traits<T>::make(v.body, v.status);
    for (auto& h : v.headers) r.headers.push_back(std::move(h));
    return r;
  }
};

template <class In>
result<In> decode_input(const request& r, bool from_query) {
  if constexpr (std::is_same_v<In, raw_body>) {
    return raw_body{r.body};
  } else if constexpr (std::is_same_v<In, wire::nothing>) {
    // A body nobody asked for is ignored, but not when it is broken: its sender meant something.
    if (!from_query && !r.body.empty())
      if (auto body = body_as_json(r); !body) return std::move(body).refusal();
    return wire::nothing{};
  } else {
    if (from_query) return wire::read<In>(query_as_json(r));
    auto body = body_as_json(r);
    if (!body) return std::move(body).refusal();
    return wire::read<In>(*body);
  }
}

}  // namespace detail

/// The routes of one dialect, in the order of their declaration.
///
/// `add<In, Out>(verb, pattern, options, handler)`: `In` is a described struct read from the body (POST, PUT, PATCH) or
/// the query (GET, DELETE), `wire::nothing`, or `raw_body`; `Out` is a described struct, `wire::nothing` (use status
/// 204), `answer<T>`, `encoded<T>` or `reply`. The handler is `task<Out>(const request&, In)`.
/// Query members that are numbers or booleans are read from their text.
class route_table {
 public:
  template <class In, class Out, class Handler>
  void add(verb v, std::string pattern, route_options options, Handler handler) {
    const bool from_query = v == verb::get || v == verb::del;
    route r;
    r.verb = v;
    r.pattern = std::move(pattern);
    const int status = options.status;
    r.options = std::move(options);
    constexpr bool has_input = !std::is_same_v<In, wire::nothing> && !std::is_same_v<In, raw_body>;
    r.takes_json = has_input && !from_query;
    r.takes_query = has_input && from_query;
    r.run = [handler = std::move(handler), from_query, status](const request& q) -> task<reply> {
      return run_one<In, Out>(handler, q, from_query, status);
    };
    if constexpr (has_input) r.input_schema = [](json_writer& w, wire::schema_registry& s) { wire::schema<In>(w, s); };
    using shape = typename detail::out_traits<Out>::shape;
    if constexpr (!std::is_same_v<shape, wire::nothing>)
      r.output_schema = [](json_writer& w, wire::schema_registry& s) { wire::schema<shape>(w, s); };
    routes_.push_back(std::move(r));
  }

  template <class Query, class Out, class H>
  void get(std::string pattern, route_options o, H h) {
    add<Query, Out>(verb::get, std::move(pattern), std::move(o), std::move(h));
  }
  template <class In, class Out, class H>
  void post(std::string pattern, route_options o, H h) {
    add<In, Out>(verb::post, std::move(pattern), std::move(o), std::move(h));
  }
  template <class In, class Out, class H>
  void put(std::string pattern, route_options o, H h) {
    add<In, Out>(verb::put, std::move(pattern), std::move(o), std::move(h));
  }
  template <class In, class Out, class H>
  void patch(std::string pattern, route_options o, H h) {
    add<In, Out>(verb::patch, std::move(pattern), std::move(o), std::move(h));
  }
  template <class In, class Out, class H>
  void del(std::string pattern, route_options o, H h) {
    add<In, Out>(verb::del, std::move(pattern), std::move(o), std::move(h));
  }

  const std::vector<route>& all() const noexcept { return routes_; }
  std::vector<route>& all() noexcept { return routes_; }

 private:
  template <class In, class Out, class Handler>
  static task<reply> run_one(const Handler& handler, const request& q, bool from_query, int status) {
    auto in = detail::decode_input<In>(q, from_query);
    if (!in) co_return std::move(in).refusal();
    auto running = handler(q, std::move(in).value());
    Out out = co_await std::move(running);
    co_return detail::out_traits<Out>::make(std::move(out), status);
  }

  std::vector<route> routes_;
};

}  // namespace stoa
