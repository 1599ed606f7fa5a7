// Routes: what a dialect or a plugin declares, and the core hosts.
#pragma once

#include <boost/describe.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "stoa/caller.hpp"
#include "stoa/dialect.hpp"
#include "stoa/files.hpp"
#include "stoa/ids.hpp"
#include "stoa/paging.hpp"
#include "stoa/paths.hpp"
#include "stoa/streams.hpp"
#include "stoa/task.hpp"
#include "stoa/wire.hpp"

namespace stoa {

enum class verb { get, post, put, patch, del };
std::string_view name_of(verb v) noexcept;

/// Where the header fields of a request lie; asked only for those that somebody wants. The request's, on its thread.
class header_source {
 public:
  virtual ~header_source();
  /// The first field of that name; the view lives as long as the request.
  virtual std::optional<std::string_view> find(std::string_view lower_case_name) const = 0;
};

/// What a handler sees of a request. The core owns it, and it lives until the handler's task has ended: copy what is
/// needed for longer. Nobody changes it.
struct request {
  caller who;
  stoa::dialect dialect;
  const page_envelope* pages = nullptr;  ///< the dialect's; null: plain_pages()
  timestamp now;
  /// When the client gets its 503, whatever the handler does by then. Give it on to what waits (`offload`), and begin
  /// nothing that has not begun: `co_await q.in_time()`.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string id;  ///< X-Request-ID
  std::string
      base_url;      ///< absolute, up to the dialect's base path, without a final slash: `http://localhost:8000/api/v1`
  std::string path;  ///< as asked, without the query
  std::string body;  ///< the raw bytes
  std::vector<std::pair<std::string, std::string>> path_params;   ///< in the pattern's order, percent-decoded
  std::vector<std::pair<std::string, std::string>> query_params;  ///< in the request's order, percent-decoded
  std::vector<std::pair<std::string, std::string>> headers;       ///< names in lower case; asked before `source`
  const header_source* source = nullptr;                          ///< the fields as they came; ask header()

  /// Refused with `unavailable` (TIMEOUT) once the deadline has passed.
  result<done> in_time() const;

  /// Percent-decoded; empty where the pattern has no such name. Prefer in_path arguments, which are typed and checked.
  const std::string& path_param(std::string_view name) const;
  /// The last value of that query parameter.
  std::optional<std::string> query(std::string_view name) const;
  /// The first field of that name.
  std::optional<std::string> header(std::string_view lower_case_name) const;
};

/// A piece of a body: own text, or bytes shared with a cache.
struct body_piece {
  std::string own;
  std::shared_ptr<const std::string> shared;
  /// The bytes; lives as long as the piece.
  std::string_view view() const noexcept { return shared ? std::string_view(*shared) : std::string_view(own); }
};

/// An answer as it goes out.
struct reply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<body_piece> body;
  /// Where it is set, the answer is this file and `body` stays empty: the server adds ETag, Last-Modified and
  /// Accept-Ranges, answers 304, 206 and 416 where the request's conditions and range say so, and hands an open file to
  /// the kernel (sendfile). Only with status 200. Not kept for Idempotency-Key.
  std::optional<file_content> content;
  /// Where it is set, the answer goes on for as long as its producer writes; `body` and `content` stay empty. It counts
  /// among the open streams and no longer among the requests in flight; its bound is the server's, not the request's
  /// deadline. Not kept for Idempotency-Key.
  std::optional<stream_content> stream;

  /// A text that is JSON already.
  static reply json_text(std::string text, int status = 200);
  /// A file, with ranges and conditions as the request asks.
  static reply file(file_content content, std::string content_type);
  /// A body that is made while it is read.
  static reply streamed(stream_content stream, std::string content_type);
  /// Server-sent events, with a comment as heartbeat.
  static reply events(std::function<task<done>(std::shared_ptr<stream_writer>)> produce);
  /// The whole body, a file's included.
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

/// The body as raw bytes, for webhooks.
struct raw_body {
  std::string bytes;
};
/// The same where it lies: for uploads, of which no further copy shall be in memory. Lives as long as the request.
struct body_view {
  std::string_view bytes;
};

enum class auth {
  none,      ///< credentials are not even looked at
  optional,  ///< anonymous or signed in; credentials that are presented must be good
  required,  ///< 401 without good credentials
};

/// What a route is beside its handler. The core holds requests to it before the handler is called.
struct route_options {
  stoa::auth auth = stoa::auth::none;
  int status = 200;          ///< of success
  std::string summary = {};  ///< one line for OpenAPI
  role_set roles = {};       ///< any of these is needed, checked before the body is looked at; none = everybody
  std::size_t max_body = 0;  ///< bytes; 0 = the server's setting
  bool door = false;         ///< answers tokens: `Cache-Control: no-store`, and never kept for Idempotency-Key
  bool login = false;        ///< takes a password: the dialect's login limit applies
  bool hashes = false;       ///< makes a password's hash: the limit on those applies
  bool unlimited = false;    ///< no rate limit counts it: webhooks, whose sender signs and cannot be asked to wait
  /// Its handler looks at the sender's signature and knows what it was told before: `Idempotency-Key` means nothing, so
  /// that nothing is written for whoever cannot sign.
  bool signed_by_sender = false;
  std::string tag = {};  ///< OpenAPI group; the area, which an area_routes gives by itself
  /// The contract does not document it: without the dialect's prefix it yields to another dialect that documents the
  /// same path.
  bool addition = false;
  /// A plugin's route that takes paths away from another one, whose parameter stands where this one has a word
  /// (`/courses/categories/` beside `/courses/{id}/`): without this the server does not take it in.
  bool shadows = false;
  // For OpenAPI, by which clients are made: what does not follow from the rest of the route.
  std::vector<fault_kind> refuses = {};  ///< by design
  std::vector<int> also = {};            ///< further statuses of success, with the same body
  std::string produces = {};             ///< the content type of a file or stream
  std::string consumes = {};             ///< the content type of a body that is taken as bytes; empty: JSON
  /// Further header fields of an answer to OPTIONS at this path, for protocols that say there what they can.
  std::vector<std::pair<std::string, std::string>> tells = {};
};

/// A route as the router and OpenAPI see it.
struct route {
  stoa::verb verb;
  std::string pattern;  ///< below the dialect's base path: `/courses/{id}/reviews/`
  route_options options;
  bool takes_json = false;
  bool takes_bytes = false;  ///< of a body that the handler reads itself
  bool takes_query = false;
  bool takes_page = false;                                        ///< `page` and `page_size` besides
  std::vector<std::pair<std::string, std::string>> path_schemas;  ///< of typed path parameters, by name, as JSON
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

template <class T>
struct out_traits<page_of<T>> {
  using shape = page_of<T>;
  static reply make(page_of<T> v, int status, const request& q) {
    json_writer w;
    const auto& envelope = q.pages ? *q.pages : plain_pages();
    envelope.write(w, q, v.asked, v.total, [&] { wire::encode(w, v.items); });
    return reply::json_text(w.take(), status);
  }
};

/// What a handler returned, as an answer. Some shapes depend on who asked how.
template <class Out>
reply reply_of(Out out, int status, const request& q) {
  if constexpr (requires { out_traits<Out>::make(std::move(out), status, q); })
    return out_traits<Out>::make(std::move(out), status, q);
  else
    return out_traits<Out>::make(std::move(out), status);
}

template <class In>
result<In> decode_input(const request& r, bool from_query) {
  if constexpr (std::is_same_v<In, raw_body>) {
    return raw_body{r.body};
  } else if constexpr (std::is_same_v<In, body_view>) {
    return body_view{r.body};
  } else if constexpr (paged_traits<In>::value) {
    auto filter = wire::read<typename In::filter>(query_as_json(r));
    auto page = read_page(r);
    if (!filter && !page) {
      auto both = std::move(filter).refusal();
      for (const auto& f : page.refusal().fields) both.fields.push_back(f);
      return both;
    }
    if (!filter) return std::move(filter).refusal();
    if (!page) return std::move(page).refusal();
    return In{std::move(filter).value(), *page};
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

/// The input among a handler's arguments: the one that is no path parameter.
template <class... Args>
struct input_of {
  using type = wire::nothing;
};
template <class First, class... Rest>
struct input_of<First, Rest...> {
  using type = First;
  static_assert((path_traits<Rest>::value && ...), "a handler takes path parameters and at most one input");
};
template <class First, class... Rest>
requires path_traits<First>::value struct input_of<First, Rest...> : input_of<Rest...> {
};

template <class Out>
task<Out> refused(fault f) {
  co_return f;
}

}  // namespace detail

template <class Area>
class area_routes;

/// The routes of one dialect, in the order of their declaration.
///
/// Handlers are named functions of an area:
/// `routes.area("cart", shop).del("/cart/items/{id}/", {...}, remove)` with
/// `task<wire::nothing> remove(shop&, const request&, in_path<"id", cart_item_id>)`; see area_routes.
///
/// Without an area: `add<In, Out>(verb, pattern, options, handler)`: `In` is a described struct read from the body
/// (POST, PUT, PATCH) or the query (GET, DELETE), `wire::nothing`, `raw_body` or `body_view`; `Out` is a described
/// struct, `wire::nothing` (use status 204), `answer<T>`, `encoded<T>` or `reply`. The handler is `task<Out>(const
/// request&, In)`. Query members that are numbers or booleans are read from their text. A PUT or PATCH whose body has a
/// std::optional member, which says nothing of null, is a std::logic_error at once.
class route_table {
 public:
  /// The routes of an area, whose handlers share `with`. The route keeps it.
  template <class Area>
  area_routes<Area> area(std::string tag, std::shared_ptr<Area> with) {
    return area_routes<Area>(*this, std::move(tag), std::move(with));
  }
  /// Of something that outlives the routes.
  template <class Area>
  area_routes<Area> area(std::string tag, Area& with) {
    return area_routes<Area>(*this, std::move(tag), std::shared_ptr<Area>(std::shared_ptr<Area>(), &with));
  }

  /// Declares a route. `pattern` begins with `/`, below the dialect's base path; `{name}` is one segment, `{name...}`
  /// the rest. The handler runs where the core drives coroutines, many at once; it is kept as long as the table.
  template <class In, class Out, class Handler>
  route& add(verb v, std::string pattern, route_options options, Handler handler) {
    const bool from_query = v == verb::get || v == verb::del;
    if constexpr (wire::silent_about_null<In>())
      if (v == verb::put || v == verb::patch)
        throw std::logic_error(pattern + ": a change says what null means (wire::given, emptiable or change)");
    route r;
    r.verb = v;
    r.pattern = std::move(pattern);
    const int status = options.status;
    r.options = std::move(options);
    constexpr bool bytes = std::is_same_v<In, raw_body> || std::is_same_v<In, body_view>;
    constexpr bool has_input = !std::is_same_v<In, wire::nothing> && !bytes;
    r.takes_json = has_input && !from_query;
    r.takes_bytes = bytes;
    r.takes_query = has_input && from_query;
    r.run = [handler = std::move(handler), from_query, status](const request& q) -> task<reply> {
      return run_one<In, Out>(handler, q, from_query, status);
    };
    if constexpr (paged_traits<In>::value) {
      r.takes_page = true;
      r.input_schema = [](json_writer& w, wire::schema_registry& s) { wire::schema<typename In::filter>(w, s); };
    } else if constexpr (has_input) {
      r.input_schema = [](json_writer& w, wire::schema_registry& s) { wire::schema<In>(w, s); };
    }
    using shape = typename detail::out_traits<Out>::shape;
    if constexpr (!std::is_same_v<shape, wire::nothing>)
      r.output_schema = [](json_writer& w, wire::schema_registry& s) { wire::schema<shape>(w, s); };
    return routes_.emplace_back(std::move(r));
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

  /// In the order of declaration.
  const std::vector<route>& all() const noexcept { return routes_; }
  std::vector<route>& all() noexcept { return routes_; }

 private:
  template <class In, class Out, class Handler>
  static task<reply> run_one(const Handler& handler, const request& q, bool from_query, int status) {
    auto in = detail::decode_input<In>(q, from_query);
    if (!in) co_return std::move(in).refusal();
    auto running = handler(q, std::move(in).value());
    Out out = co_await std::move(running);
    co_return detail::reply_of<Out>(std::move(out), status, q);
  }

  std::vector<route> routes_;
};

/// Routes whose handlers are named functions over one area:
///   task<Out> handler(Area&, const request&, in_path<"name", T>..., In)
/// or member functions of the area without the first argument. In and Out are as in route_table::add; both the path
/// parameters and In may be missing. The tag groups them in OpenAPI. A pattern whose names are not those of the
/// handler's path parameters is a std::logic_error at once.
template <class Area>
class area_routes {
 public:
  /// Use route_table::area. The table must outlive it.
  area_routes(route_table& into, std::string tag, std::shared_ptr<Area> area)
      : into_(into), tag_(std::move(tag)), area_(std::move(area)) {}

  /// Declare a route for each method; see route_table::add for patterns.
  template <class Handler>
  area_routes& get(std::string pattern, route_options o, Handler h) {
    return add(verb::get, std::move(pattern), std::move(o), h);
  }
  template <class Handler>
  area_routes& post(std::string pattern, route_options o, Handler h) {
    return add(verb::post, std::move(pattern), std::move(o), h);
  }
  template <class Handler>
  area_routes& put(std::string pattern, route_options o, Handler h) {
    return add(verb::put, std::move(pattern), std::move(o), h);
  }
  template <class Handler>
  area_routes& patch(std::string pattern, route_options o, Handler h) {
    return add(verb::patch, std::move(pattern), std::move(o), h);
  }
  template <class Handler>
  area_routes& del(std::string pattern, route_options o, Handler h) {
    return add(verb::del, std::move(pattern), std::move(o), h);
  }

  template <class Out, class... Args>
  area_routes& add(verb v, std::string pattern, route_options o, task<Out> (*h)(Area&, const request&, Args...)) {
    return declare<Out, Args...>(v, std::move(pattern), std::move(o),
                                 [h](Area& a, const request& q, Args... args) { return h(a, q, std::move(args)...); });
  }
  template <class Out, class... Args>
  area_routes& add(verb v, std::string pattern, route_options o, task<Out> (Area::*h)(const request&, Args...)) {
    return declare<Out, Args...>(v, std::move(pattern), std::move(o), [h](Area& a, const request& q, Args... args) {
      return (a.*h)(q, std::move(args)...);
    });
  }

 private:
  /// The next argument: a path parameter that has been read, or the input.
  template <class Arg, class In>
  static Arg argument([[maybe_unused]] std::optional<fault>& bad, [[maybe_unused]] const request& q,
                      [[maybe_unused]] In& in) {
    if constexpr (path_traits<Arg>::value) {
      auto read = Arg::read(q.path_param(Arg::name()));
      if (read) return std::move(read).value();
      if (!bad) bad = std::move(read).refusal();
      return Arg{};
    } else {
      return std::move(in);
    }
  }

  template <class Out, class... Args, class Call>
  area_routes& declare(verb v, std::string pattern, route_options o, Call call) {
    using input = typename detail::input_of<Args...>::type;
    std::vector<std::string_view> names;
    std::vector<std::pair<std::string, std::string>> schemas;
    (note<Args>(names, schemas), ...);
    check_pattern(pattern, names);
    if (o.tag.empty()) o.tag = tag_;
    route& made = into_.add<input, Out>(v, std::move(pattern), std::move(o),
                                        [area = area_, call](const request& q, [[maybe_unused]] input in) -> task<Out> {
                                          std::optional<fault> bad;
                                          // In braces, so that the first parameter that is wrong is the one that is
                                          // told.
                                          std::tuple<Args...> args{argument<Args>(bad, q, in)...};
                                          if (bad) return detail::refused<Out>(std::move(*bad));
                                          return std::apply(
                                              [&](auto&... each) { return call(*area, q, std::move(each)...); }, args);
                                        });
    made.path_schemas = std::move(schemas);
    return *this;
  }

  template <class Arg>
  static void note(std::vector<std::string_view>& names, std::vector<std::pair<std::string, std::string>>& schemas) {
    if constexpr (path_traits<Arg>::value) {
      names.push_back(Arg::name());
      json_writer w;
      wire::schema_registry none;
      wire::schema<typename Arg::type>(w, none);
      schemas.emplace_back(Arg::name(), w.take());
    }
  }

  route_table& into_;
  std::string tag_;
  std::shared_ptr<Area> area_;
};

}  // namespace stoa
