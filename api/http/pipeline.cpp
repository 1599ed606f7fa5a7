#include "api/http/pipeline.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <mutex>
#include <random>

#include "api/http/cookies.hpp"
#include "api/http/uri.hpp"
#include "runtime/observe/request_id.hpp"
#include "stoa/crypto.hpp"
#include "stoa/text.hpp"

namespace stoa::http {

authenticator::~authenticator() = default;
idempotency_store::~idempotency_store() = default;

namespace {

using steady = std::chrono::steady_clock;

// -- addresses
// -----------------------------------------------------------------------------------------------------------

/// An address or network, IPv4 mapped into IPv6.
struct network {
  std::array<std::uint8_t, 16> bytes{};
  int bits = 128;
};

std::optional<std::array<std::uint8_t, 16>> parse_address(std::string_view text) {
  if (text.size() > 60) return std::nullopt;
  const std::string s(text);
  std::array<std::uint8_t, 16> out{};
  if (s.find(':') != s.npos) {
    if (inet_pton(AF_INET6, s.c_str(), out.data()) != 1) return std::nullopt;
    return out;
  }
  out[10] = out[11] = 0xFF;
  if (inet_pton(AF_INET, s.c_str(), out.data() + 12) != 1) return std::nullopt;
  return out;
}

std::optional<network> parse_network(std::string_view text) {
  network n;
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  n.bytes = *address;
  if (slash != text.npos) {
    const auto bits = text.substr(slash + 1);
    if (std::from_chars(bits.data(), bits.data() + bits.size(), n.bits).ec != std::errc{}) return std::nullopt;
    if (text.find(':') == text.npos) n.bits += 96;
    if (n.bits < 0 || n.bits > 128) return std::nullopt;
  }
  return n;
}

bool contains(const network& n, const std::array<std::uint8_t, 16>& a) {
  const int whole = n.bits / 8, rest = n.bits % 8;
  if (std::memcmp(n.bytes.data(), a.data(), static_cast<std::size_t>(whole)) != 0) return false;
  return rest == 0 ||
         (n.bytes[static_cast<std::size_t>(whole)] >> (8 - rest)) == (a[static_cast<std::size_t>(whole)] >> (8 - rest));
}

/// Whom a limit by address counts: an IPv6 client owns its whole /64, an IPv4 one in IPv6 clothes only itself.
std::string subject_of(const std::string& address) {
  if (address.find(':') == address.npos) return address;
  const auto bytes = parse_address(address);
  if (!bytes) return address;
  const auto* text = reinterpret_cast<const char*>(bytes->data());
  const bool mapped = std::all_of(bytes->begin(), bytes->begin() + 10, [](auto b) { return b == 0; }) &&
                      (*bytes)[10] == 0xFF && (*bytes)[11] == 0xFF;
  return mapped ? address.substr(address.rfind(':') + 1) : std::string(text, 8);
}

// -- small things
// ---------------------------------------------------------------------------------------------------------

std::optional<verb> verb_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return verb::get;
  if (method == "POST") return verb::post;
  if (method == "PUT") return verb::put;
  if (method == "PATCH") return verb::patch;
  if (method == "DELETE") return verb::del;
  return std::nullopt;
}

std::string allow_of(unsigned verbs) {
  std::string out;
  for (const auto v : {verb::get, verb::post, verb::put, verb::patch, verb::del})
    if (verbs & (1u << static_cast<unsigned>(v))) {
      out.append(name_of(v)).append(", ");
      if (v == verb::get) out.append("HEAD, ");
    }
  return out + "OPTIONS";
}

/// Sixteen characters that no two requests of this process share; nobody needs them to be secret.
std::string new_request_id() {
  static const std::uint64_t base = [] {
    std::random_device r;
    return (static_cast<std::uint64_t>(r()) << 32) | r();
  }();
  static std::atomic<std::uint64_t> next{0};
  // A bijection of the counter: unique, and without an order that tells how busy the server is.
  std::uint64_t h = base + next.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15ull;
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ull;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBull;
  h ^= h >> 31;
  constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, h >>= 4) out[static_cast<std::size_t>(i)] = digits[h & 15];
  return out;
}

constexpr int known_statuses[] = {200, 201, 202, 204, 206, 302, 303, 304, 307, 400, 401, 402, 403, 404,
                                  405, 409, 410, 413, 415, 416, 422, 423, 429, 500, 502, 503, 504};

/// The place of a status among an endpoint's counters, and the label of that place.
std::pair<std::size_t, int> counter_place(int status) {
  std::size_t i = 0;
  for (const int s : known_statuses) {
    if (s == status) return {i, status};
    ++i;
  }
  return {31, 0};
}

bool may_change(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

fault authentication_required() {
  return {fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED", "Authentication credentials were not provided."};
}

}  // namespace

// -- what all requests share
// ------------------------------------------------------------------------------------------------

struct pipeline::shared {
  shared(pipeline_options o, parts p) : options(std::move(o)), house(p), origins(options.cors) {
    for (const auto& text : options.trusted_proxies) {
      const auto n = parse_network(text);
      if (!n) throw std::invalid_argument("trusted_proxies: neither an address nor a network: " + text);
      proxies.push_back(*n);
    }
    while (!options.public_url.empty() && options.public_url.back() == '/') options.public_url.pop_back();
    refused = &house.metrics.count("stoa_http_refused_total", "Requests refused because too many were in flight");
    unrouted = &house.metrics.count("stoa_http_unrouted_total", "Requests for unknown paths or methods");
    timed_out = &house.metrics.count("stoa_http_timed_out_total", "Requests whose handler did not answer in time");
    largest_body = options.max_body;
    for (auto& e : house.routes.endpoints()) {
      largest_body = std::max(largest_body, e.route->options.max_body);
      e.latency = &house.metrics.distribution("stoa_http_request_seconds", "Time from request to answer", labels(e));
    }
  }

  static metric_labels labels(const endpoint& e) {
    return {{"dialect", e.policy ? std::string(name_of(e.policy->dialect)) : "none"},
            {"method", std::string(name_of(e.route->verb))},
            {"route", e.label}};
  }

  void observe(endpoint& e, int status, steady::duration took) {
    const auto [place, label] = counter_place(status);
    counter* c = e.counters[place].load(std::memory_order_acquire);
    if (!c) {
      auto all = labels(e);
      all["status"] = label ? std::to_string(label) : "other";
      c = &house.metrics.count("stoa_http_requests_total", "Requests answered", all);
      e.counters[place].store(c, std::memory_order_release);
    }
    c->add();
    e.latency->observe(std::chrono::duration<double>(took).count());
  }

  bool trusted(const std::string& address) const {
    const auto a = parse_address(address);
    return a && std::any_of(proxies.begin(), proxies.end(), [&](const network& n) { return contains(n, *a); });
  }

  pipeline_options options;
  parts house;
  http::cors origins;
  rate_limiter limiter;
  std::vector<network> proxies;
  std::size_t largest_body = 0;
  std::atomic<std::size_t> in_flight{0};
  std::atomic<bool> closed{false};
  counter* refused;
  counter* unrouted;
  counter* timed_out;

  // Requests that wait for their handler, oldest first: a list through the exchanges themselves.
  std::mutex waiting_lock;
  exchange* first = nullptr;
  exchange* last = nullptr;
};

// -- one request
// ------------------------------------------------------------------------------------------------------------

class pipeline::exchange final : public header_source, public std::enable_shared_from_this<exchange> {
 public:
  exchange(std::shared_ptr<shared> s, std::shared_ptr<incoming> in)
      : shared_(std::move(s)), in_(std::move(in)), started_(steady::now()) {}

  ~exchange() override {
    if (!answered_.load(std::memory_order_acquire)) {
      try {
        refuse({fault_kind::internal, "INTERNAL_ERROR", "The request was dropped."});
      } catch (...) {
        // Nothing is left that could answer.
      }
    }
    if (counted_) shared_->in_flight.fetch_sub(1, std::memory_order_relaxed);
  }

  std::optional<std::string_view> find(std::string_view name) const override { return in_->header(name); }

  void start() {
    const auto& house = shared_->house;
    const auto target = in_->target();
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    req_.source = this;
    req_.now = house.clock.now();
    const auto given = in_->header("X-Request-ID").value_or(std::string_view{});
    req_.id = runtime::valid_request_id(given) ? std::string(given) : new_request_id();
    req_.path = path;
    host_ = in_->header("Host").value_or(std::string_view{});
    const auto asked = in_->header("X-API-Dialect").value_or(std::string_view{});
    const auto method = in_->method();
    head_only_ = method == "HEAD";

    const auto v = verb_of(method);
    auto m = house.routes.find(v.value_or(verb::get), path, host_, asked);
    if (m.what == match::outcome::found && v) {
      endpoint_ = m.target;
      policy_ = endpoint_->policy;
    }
    if (!policy_) policy_ = &house.routes.policy_for(path, host_, asked);
    req_.dialect = policy_->dialect;
    place(m.prefixed || path.starts_with(policy_->prefix));
    origin_ = in_->header("Origin").value_or(std::string_view{});

    if (m.what == match::outcome::malformed)
      return refuse({fault_kind::malformed, "BAD_REQUEST", "The address of the request is malformed."});
    if (method == "OPTIONS") return options(m);
    if (!endpoint_) return unrouted(m);
    if (endpoint_->policy && !admitted()) return;

    auto query = parse_query(mark == target.npos ? std::string_view{} : target.substr(mark + 1));
    if (!query) return refuse({fault_kind::malformed, "BAD_REQUEST", "The query of the request is malformed."});
    req_.query_params = std::move(*query);
    req_.path_params.reserve(m.values.size());
    for (std::size_t i = 0; i < m.values.size(); ++i)
      req_.path_params.emplace_back(endpoint_->names[i], std::move(m.values[i]));
    req_.who.address = client_address();

    if (endpoint_->policy) {
      if (auto f = admit_caller()) return refuse(std::move(*f));
    }
    const auto& options = endpoint_->route->options;
    const std::size_t most = options.max_body ? options.max_body : shared_->options.max_body;
    if (in_->body().size() > most) return refuse(body_too_large(most));
    req_.body = in_->body();
    if (!endpoint_->limits.empty())
      if (auto f = check_account_limits()) return refuse(std::move(*f));
    run(shared_from_this());
    wait();
  }

  /// For a request whose body the transport refused to read.
  outgoing too_large() {
    answered_ = true;
    const auto target = in_->target();
    const auto path = target.substr(0, target.find('?'));
    host_ = in_->header("Host").value_or(std::string_view{});
    origin_ = in_->header("Origin").value_or(std::string_view{});
    const auto asked = in_->header("X-API-Dialect").value_or(std::string_view{});
    const auto given = in_->header("X-Request-ID").value_or(std::string_view{});
    req_.source = this;
    req_.now = shared_->house.clock.now();
    req_.id = runtime::valid_request_id(given) ? std::string(given) : new_request_id();
    req_.path = path;
    std::size_t most = shared_->options.max_body;
    if (const auto v = verb_of(in_->method())) {
      const auto m = shared_->house.routes.find(*v, path, host_, asked);
      if (m.what == match::outcome::found) {
        endpoint_ = m.target;
        policy_ = endpoint_->policy;
        if (endpoint_->route->options.max_body) most = endpoint_->route->options.max_body;
      }
    }
    if (!policy_) policy_ = &shared_->house.routes.policy_for(path, host_, asked);
    req_.dialect = policy_->dialect;
    return encoded(rendered(body_too_large(most)));
  }

  void expire() {
    shared_->timed_out->add();
    refuse({fault_kind::unavailable, "TIMEOUT", "The request took too long. Please try again."});
  }

  // Hooks of the list of waiting requests; under its lock.
  exchange* before = nullptr;
  exchange* after = nullptr;
  bool linked = false;
  bool answered() const { return answered_.load(std::memory_order_acquire); }
  steady::time_point started() const { return started_; }

 private:
  static fault body_too_large(std::size_t most) {
    return {fault_kind::too_large, "PAYLOAD_TOO_LARGE",
            "The body may have at most " + std::to_string(most) + " bytes here."};
  }

  void place(bool prefixed) {
    auto& url = req_.base_url;
    const auto& configured = shared_->options.public_url;
    const auto& base = prefixed ? policy_->prefix : policy_->base;
    if (!configured.empty()) {
      url.reserve(configured.size() + base.size());
      url.append(configured);
    } else {
      const bool sound =
          !host_.empty() && host_.size() < 256 &&
          host_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]") == host_.npos;
      const std::string_view host = sound ? host_ : std::string_view("localhost");
      url.reserve(host.size() + base.size() + 8);
      url.append(over_tls() ? "https://" : "http://").append(host);
    }
    origin_size_ = url.size();
    url.append(base);
  }

  bool over_tls() const {
    if (shared_->proxies.empty()) return false;
    const auto proto = in_->header("X-Forwarded-Proto");
    return proto && same_word(trim(proto->substr(0, proto->find(','))), "https") && shared_->trusted(in_->peer());
  }

  /// The peer, or behind trusted proxies the nearest address that is none of them.
  std::string client_address() const {
    std::string peer = in_->peer();
    if (shared_->proxies.empty() || !shared_->trusted(peer)) return peer;
    auto list = in_->header("X-Forwarded-For").value_or(std::string_view{});
    while (!list.empty()) {
      const auto comma = list.rfind(',');
      const auto one = trim(comma == list.npos ? list : list.substr(comma + 1));
      if (!parse_address(one)) break;
      peer = std::string(one);
      if (!shared_->trusted(peer) || comma == list.npos) break;
      list = list.substr(0, comma);
    }
    return peer;
  }

  void options(const match& m) {
    reply r;
    r.status = 204;
    r.content_type.clear();
    const bool preflight = !origin_.empty() && in_->header("Access-Control-Request-Method");
    if (preflight) {
      shared_->origins.preflight(extra_, origin_);
      origin_done_ = true;
    } else if (m.what == match::outcome::not_found) {
      return unrouted(m);
    } else {
      append_header(extra_, "Allow", allow_of(m.allowed));
    }
    answer(std::move(r));
  }

  void unrouted(const match& m) {
    shared_->unrouted->add();
    if (m.what == match::outcome::not_found)
      return refuse({fault_kind::not_found, "NOT_FOUND", "There is nothing at this address."});
    append_header(extra_, "Allow", allow_of(m.allowed));
    refuse({fault_kind::method_not_allowed, "METHOD_NOT_ALLOWED", "This address does not know that method."});
  }

  bool admitted() {
    auto& s = *shared_;
    if (s.closed.load(std::memory_order_relaxed)) {
      refuse(fault::unavailable("The server is going down. Please try again."));
      return false;
    }
    counted_ = true;
    if (s.in_flight.fetch_add(1, std::memory_order_relaxed) < s.options.max_in_flight) return true;
    s.refused->add();
    refuse(fault::unavailable("The server is busy. Please try again."));
    return false;
  }

  /// Who asks, how often, and whether they may. Nothing of the body has been looked at.
  std::optional<fault> admit_caller() {
    const auto& options = endpoint_->route->options;
    std::optional<fault> no;
    bool by_cookie = false;
    if (options.auth != auth::none) {
      no = identify(by_cookie);
    }
    if (auto f = check_limits()) return f;
    if (no) return no;
    if (options.auth == auth::required && !req_.who.signed_in) return authentication_required();
    if (by_cookie && may_change(in_->method()) && !own_origin())
      return fault{fault_kind::forbidden, "ORIGIN_NOT_ALLOWED", "Requests from this origin need a bearer token."};
    if (options.roles.bits && !(options.roles.bits & req_.who.roles.bits)) {
      if (!req_.who.signed_in) return authentication_required();
      return fault{fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to perform this action."};
    }
    return std::nullopt;
  }

  std::optional<fault> identify(bool& by_cookie) {
    std::string_view token;
    if (const auto header = in_->header("Authorization"); header && !trim(*header).empty()) {
      const auto value = trim(*header);
      if (value.size() < 7 || !same_word(value.substr(0, 6), "bearer") || value[6] != ' ')
        return fault{fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired"};
      token = trim(value.substr(7));
    } else if (policy_->cookies) {
      if (const auto cookies = in_->header("Cookie"))
        if (const auto value = cookie_value(*cookies, access_cookie_name(shared_->options.secure_cookies))) {
          token = *value;
          by_cookie = !token.empty();
        }
    }
    if (token.empty()) return std::nullopt;
    auto who = shared_->house.who.identify(token, req_.now);
    if (!who) return std::move(who).refusal();
    std::string address = std::move(req_.who.address);
    req_.who = std::move(who).value();
    req_.who.signed_in = true;
    req_.who.address = std::move(address);
    return std::nullopt;
  }

  bool own_origin() const {
    return shared_->origins.names(origin_) || origin_ == std::string_view(req_.base_url).substr(0, origin_size_);
  }

  std::optional<fault> check_limits() {
    std::optional<rate_state> tightest;
    std::optional<fault> no;
    std::string subject;
    for (const auto* rule : endpoint_->limits) {
      std::string_view who;
      switch (rule->by) {
        case rate_rule::subject::account:
          continue;
        case rate_rule::subject::user:
          if (!req_.who.signed_in) continue;
          who = {reinterpret_cast<const char*>(req_.who.user.value.bytes.data()), 16};
          break;
        case rate_rule::subject::anonymous:
          if (req_.who.signed_in) continue;
          [[fallthrough]];
        case rate_rule::subject::address:
          if (subject.empty()) subject = subject_of(req_.who.address);
          who = subject;
      }
      const auto state = shared_->limiter.count(*rule, who, req_.now);
      if (!tightest || !state.allowed || (tightest->allowed && state.remaining < tightest->remaining)) tightest = state;
      if (!state.allowed) {
        no = over_limit(state);
        break;
      }
    }
    if (tightest) tell_limits(*tightest);
    return no;
  }

  /// Limits per account need the body: who is it that somebody tries to sign in as?
  std::optional<fault> check_account_limits() {
    for (const auto* rule : endpoint_->limits) {
      if (rule->by != rate_rule::subject::account) continue;
      const auto body = detail::body_as_json(req_);
      if (!body) return std::nullopt;  // the handler says what is wrong with it
      for (const char* name : {"email", "username"}) {
        const auto* value = body->find(name);
        if (!value || !value->is_string()) continue;
        const auto state = shared_->limiter.count(*rule, ascii_lower(trim(value->text())), req_.now);
        if (state.allowed) break;
        tell_limits(state);
        return over_limit(state);
      }
    }
    return std::nullopt;
  }

  static fault over_limit(const rate_state& s) {
    fault f{fault_kind::too_many, "RATE_LIMIT_EXCEEDED",
            "Request rate limit exceeded. Please try again in " + std::to_string(s.reset_after.count()) + " seconds."};
    f.retry_after = s.reset_after;
    return f;
  }

  void tell_limits(const rate_state& s) {
    if (!policy_->limit_headers) return;
    limits_.clear();
    append_header(limits_, "X-RateLimit-Limit", std::to_string(s.limit));
    append_header(limits_, "X-RateLimit-Remaining", std::to_string(s.remaining));
    append_header(limits_, "X-RateLimit-Reset",
                  std::to_string(std::chrono::ceil<seconds>(s.reset.time_since_epoch()).count()));
    if (policy_->reset_after_header)
      append_header(limits_, "X-RateLimit-Reset-After", std::to_string(s.reset_after.count()));
  }

  // -- the handler
  // ----------------------------------------------------------------------------------------------------------

  /// Owns the exchange until the handler has ended, whoever was answered what in the meantime.
  static stoa::detail::detached run(std::shared_ptr<exchange> x) {
    std::optional<result<reply>> outcome;
    try {
      if (x->wants_once()) {
        auto kept = x->run_once();
        outcome.emplace(co_await as_result(std::move(kept)));
      } else {
        auto running = x->endpoint_->route->run(x->req_);
        outcome.emplace(co_await as_result(std::move(running)));
      }
    } catch (...) {
      outcome.emplace(stoa::detail::unexpected(std::current_exception()));
    }
    x->finish(std::move(*outcome));
  }

  void finish(result<reply> outcome) noexcept {
    try {
      if (outcome)
        answer(std::move(outcome).value());
      else
        refuse(std::move(outcome).refusal());
    } catch (const std::exception& e) {
      shared_->house.log.error("an answer could not be encoded", {{"request_id", req_.id}, {"error", e.what()}});
    } catch (...) {
      shared_->house.log.error("an answer could not be encoded", {{"request_id", req_.id}});
    }
  }

  bool wants_once() const {
    const auto& r = *endpoint_->route;
    return r.verb == verb::post && shared_->house.idempotency && endpoint_->policy && !r.options.door &&
           in_->header("Idempotency-Key");
  }

  task<reply> run_once() {
    const auto key = std::string(trim(*in_->header("Idempotency-Key")));
    if (key.empty() || key.size() > 255 || !valid_utf8(key) || has_control(key))
      co_return fault{fault_kind::rejected, "INVALID_IDEMPOTENCY_KEY", "An Idempotency-Key has 1 to 255 characters."};
    idempotency_slot slot;
    slot.caller = req_.who.signed_in ? req_.who.user.str() : "address:" + req_.who.address;
    slot.operation = "POST " + req_.path;
    slot.key = key;
    slot.body_hash = hex(sha256(req_.body));
    slot.now = req_.now;
    auto& store = *shared_->house.idempotency;
    auto beginning = store.begin(slot);
    idempotency_state state = co_await std::move(beginning);
    switch (state.what) {
      case idempotency_state::outcome::replay:
        state.kept.headers.emplace_back("Idempotent-Replayed", "true");
        co_return std::move(state.kept);
      case idempotency_state::outcome::other_body:
        co_return fault{fault_kind::unprocessable, "IDEMPOTENCY_KEY_REUSED",
                        "This Idempotency-Key was used with another body."};
      case idempotency_state::outcome::in_flight:
        co_return fault{fault_kind::conflict, "IDEMPOTENCY_KEY_IN_FLIGHT",
                        "A request with this Idempotency-Key is being worked on."};
      case idempotency_state::outcome::fresh:
        break;
    }
    std::optional<result<reply>> outcome;
    try {
      auto running = endpoint_->route->run(req_);
      outcome.emplace(co_await as_result(std::move(running)));
    } catch (...) {
      outcome.emplace(stoa::detail::unexpected(std::current_exception()));
    }
    const bool had_effect = outcome->ok() && (*outcome)->status < 400;
    try {
      auto closing = had_effect ? store.finish(slot, outcome->value()) : store.abandon(slot);
      auto closed = co_await as_result(std::move(closing));
      if (!closed)
        shared_->house.log.warn("an idempotency key could not be closed",
                                {{"request_id", req_.id}, {"reason", closed.refusal().code}});
    } catch (const std::exception& e) {
      shared_->house.log.warn("an idempotency key could not be closed",
                              {{"request_id", req_.id}, {"reason", e.what()}});
    }
    co_return std::move(*outcome);
  }

  /// Enters the list of those whose time may run out.
  void wait() {
    if (answered()) return;
    auto& s = *shared_;
    std::lock_guard hold(s.waiting_lock);
    if (answered()) return;
    before = s.last;
    after = nullptr;
    (s.last ? s.last->after : s.first) = this;
    s.last = this;
    linked = true;
  }

  void leave() {
    auto& s = *shared_;
    std::lock_guard hold(s.waiting_lock);
    if (!linked) return;
    (before ? before->after : s.first) = after;
    (after ? after->before : s.last) = before;
    linked = false;
  }

  // -- the answer
  // -----------------------------------------------------------------------------------------------------------

  reply rendered(const fault& f) {
    reply r = policy_->render(f, req_);
    if (r.status == 401) r.headers.emplace_back("WWW-Authenticate", "Bearer");
    if (r.status == 429 || r.status == 503)
      r.headers.emplace_back("Retry-After", std::to_string(f.retry_after.value_or(seconds{1}).count()));
    if (r.status >= 500) report(f, r.status);
    return r;
  }

  void report(const fault& f, int status) {
    std::string reason;
    for (const auto& [name, value] : f.extra)
      if (name == "reason") reason = value;
    const auto route = endpoint_ ? endpoint_->label : req_.path;
    if (f.kind == fault_kind::internal)
      shared_->house.log.error("a request failed",
                               {{"request_id", req_.id}, {"route", route}, {"code", f.code}, {"reason", reason}});
    else
      shared_->house.log.warn("a request was refused",
                              {{"request_id", req_.id}, {"route", route}, {"code", f.code}, {"status", status}});
  }

  void refuse(fault f) {
    if (answered()) return;
    answer(rendered(f));
  }

  outgoing encoded(reply r) {
    outgoing out;
    out.status = r.status;
    auto& head = out.head;
    head.reserve(320 + extra_.size() + limits_.size());
    append_header(head, "X-Request-ID", req_.id);
    head.append("X-Content-Type-Options: nosniff\r\n");
    if (!r.content_type.empty()) append_header(head, "Content-Type", r.content_type);
    if (endpoint_ && endpoint_->route->options.door) head.append("Cache-Control: no-store\r\n");
    for (const auto& [name, value] : r.headers) append_header(head, name, value);
    head.append(limits_);
    head.append(extra_);
    if (!origin_done_) shared_->origins.decorate(head, origin_);
    for (const auto& piece : r.body) out.content_length += piece.view().size();
    if (!head_only_ && r.status != 204 && r.status != 304) out.body = std::move(r.body);
    if (r.status == 204) out.content_length = 0;
    return out;
  }

  void answer(reply r) {
    if (answered_.exchange(true, std::memory_order_acq_rel)) return;
    leave();
    auto out = encoded(std::move(r));
    const int status = out.status;
    const auto bytes = out.content_length;
    in_->send(std::move(out));
    const auto took = steady::now() - started_;
    if (endpoint_) shared_->observe(*endpoint_, status, took);
    auto& log = shared_->house.log;
    if (log.enabled(log_level::debug))
      log.write(log_level::debug, "request",
                {{"request_id", req_.id},
                 {"dialect", endpoint_ && !endpoint_->policy ? std::string_view("none") : name_of(policy_->dialect)},
                 {"method", in_->method()},
                 {"route", endpoint_ ? std::string_view(endpoint_->label) : std::string_view(req_.path)},
                 {"status", status},
                 {"bytes", static_cast<std::size_t>(bytes)},
                 {"micros", static_cast<std::int64_t>(std::chrono::duration_cast<microseconds>(took).count())}});
  }

  std::shared_ptr<shared> shared_;
  std::shared_ptr<incoming> in_;
  steady::time_point started_;
  stoa::request req_;
  endpoint* endpoint_ = nullptr;
  const dialect_policy* policy_ = nullptr;
  std::string_view host_;
  std::string_view origin_;
  std::size_t origin_size_ = 0;  // of scheme and authority in base_url
  std::string limits_;           // header lines on limits
  std::string extra_;            // further header lines
  std::atomic<bool> answered_{false};
  bool counted_ = false;
  bool head_only_ = false;
  bool origin_done_ = false;
};

// -- pipeline
// ---------------------------------------------------------------------------------------------------------------

pipeline::pipeline(pipeline_options options, parts p) : shared_(std::make_shared<shared>(std::move(options), p)) {}
pipeline::~pipeline() = default;

void pipeline::handle(std::shared_ptr<incoming> in) {
  auto x = std::make_shared<exchange>(shared_, std::move(in));
  try {
    x->start();
  } catch (const std::exception& e) {
    // The exchange answers 500 as it goes.
    shared_->house.log.error("a request could not be handled", {{"error", e.what()}});
  }
}

void pipeline::expire(std::chrono::steady_clock::time_point now) {
  auto& s = *shared_;
  std::vector<std::shared_ptr<exchange>> over;
  {
    std::lock_guard hold(s.waiting_lock);
    for (auto* x = s.first; x && x->started() + s.options.request_timeout <= now; x = x->after)
      if (auto kept = x->weak_from_this().lock()) over.push_back(std::move(kept));
  }
  for (auto& x : over) {
    try {
      x->expire();
    } catch (const std::exception& e) {
      s.house.log.error("a late request could not be answered", {{"error", e.what()}});
    }
  }
}

std::size_t pipeline::in_flight() const noexcept { return shared_->in_flight.load(std::memory_order_relaxed); }
void pipeline::close_intake() noexcept { shared_->closed.store(true, std::memory_order_relaxed); }
std::size_t pipeline::largest_body() const noexcept { return shared_->largest_body; }

outgoing pipeline::too_large(const incoming& head) {
  // The transport's object outlives this call, so nobody owns it here.
  exchange x(shared_, std::shared_ptr<incoming>(std::shared_ptr<incoming>{}, const_cast<incoming*>(&head)));
  return x.too_large();
}

}  // namespace stoa::http
