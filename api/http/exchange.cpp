#include "api/http/exchange.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <random>

#include "api/http/file_answer.hpp"
#include "api/http/uri.hpp"
#include "runtime/observe/request_id.hpp"

namespace stoa::http {

namespace {

using steady = std::chrono::steady_clock;

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

/// A violated constraint that no rule foresaw goes by its name in the schema, which is nobody's business outside.
bool names_the_schema(const fault& f) {
  return f.kind == fault_kind::conflict &&
         std::any_of(f.code.begin(), f.code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

fault body_too_large(std::size_t most) {
  return {fault_kind::too_large, "PAYLOAD_TOO_LARGE",
          "The body may have at most " + std::to_string(most) + " bytes here."};
}

}  // namespace

pipeline::exchange::exchange(std::shared_ptr<shared> s, std::shared_ptr<incoming> in)
    : shared_(std::move(s)), in_(std::move(in)), started_(steady::now()) {
  req_.deadline = started_ + shared_->options.time_for(in_->body().size());
}

pipeline::exchange::~exchange() {
  if (!answered_.load(std::memory_order_acquire)) {
    try {
      refuse({fault_kind::internal, "INTERNAL_ERROR", "The request was dropped."});
    } catch (...) {
      // Nothing is left that could answer.
    }
  }
}

match pipeline::exchange::find_route() {
  req_.source = this;
  req_.now = shared_->house.clock.now();
  const auto given = in_->header("X-Request-ID").value_or(std::string_view{});
  req_.id = runtime::valid_request_id(given) ? std::string(given) : new_request_id();
  origin_ = in_->header("Origin").value_or(std::string_view{});
  head_only_ = in_->method() == "HEAD";
  target_ = read_target(*in_);
  req_.path = target_.path;

  const auto& routes = shared_->house.routes;
  const auto asked = in_->header("X-API-Dialect").value_or(std::string_view{});
  const auto v = verb_of(in_->method());
  auto m = routes.find(v.value_or(verb::get), target_.path, target_.authority, asked);
  if (m.what == match::outcome::found && v) {
    endpoint_ = m.target;
    policy_ = endpoint_->policy;
  }
  if (!policy_) policy_ = &routes.policy_for(target_.path, target_.authority, asked);
  req_.dialect = policy_->dialect;
  req_.pages = &policy_->pages;
  place(m.prefixed || target_.path.starts_with(policy_->prefix));
  return m;
}

void pipeline::exchange::start() {
  auto m = find_route();
  if (!target_.sound || m.what == match::outcome::malformed)
    return refuse({fault_kind::malformed, "BAD_REQUEST",
                   target_.sound ? "The address of the request is malformed."
                                 : "The request needs one valid Host, and an address that is a path or begins with "
                                   "http://."});
  if (in_->method() == "OPTIONS") return options(m);
  if (!endpoint_) return unrouted(m);
  if (endpoint_->policy)
    if (auto f = shared_->door.enter(seat_)) return refuse(std::move(*f));

  auto query = parse_query(target_.query);
  if (!query) return refuse({fault_kind::malformed, "BAD_REQUEST", "The query of the request is malformed."});
  req_.query_params = std::move(*query);
  req_.path_params.reserve(m.values.size());
  for (std::size_t i = 0; i < m.values.size(); ++i)
    req_.path_params.emplace_back(endpoint_->names[i], std::move(m.values[i]));
  req_.who.address = shared_->proxies.client_address(*in_);

  if (endpoint_->policy) {
    auto a = as_applicant();
    if (auto f = shared_->door.admit_caller(a)) return refuse(std::move(*f));
  }
  if (in_->body().size() > largest_body()) return refuse(body_too_large(largest_body()));
  req_.body = in_->body();
  run(shared_from_this());
  wait();
}

outgoing pipeline::exchange::unread(unread_because reason) {
  answered_ = true;
  find_route();
  if (reason == unread_because::malformed)
    return encoded(rendered({fault_kind::malformed, "BAD_REQUEST", "The request is no valid HTTP message."}));
  if (reason == unread_because::too_large) return encoded(rendered(body_too_large(largest_body())));
  shared_->no_room->add();
  return encoded(rendered(fault::unavailable("Too much is being uploaded at the moment. Please try again.")));
}

void pipeline::exchange::expire() {
  shared_->timed_out->add();
  refuse({fault_kind::unavailable, "TIMEOUT", "The request took too long. Please try again."});
}

std::size_t pipeline::exchange::largest_body() const {
  const std::size_t own = endpoint_ ? endpoint_->route->options.max_body : 0;
  return own ? own : shared_->options.max_body;
}

void pipeline::exchange::place(bool prefixed) {
  auto& url = req_.base_url;
  const auto& configured = shared_->options.public_url;
  const auto& base = prefixed ? policy_->prefix : policy_->base;
  if (!configured.empty()) {
    url.reserve(configured.size() + base.size());
    url.append(configured);
  } else {
    const auto asked = target_.authority;
    const bool sound =
        !asked.empty() && asked.size() < 256 &&
        asked.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]") == asked.npos;
    const std::string_view host = sound ? asked : std::string_view("localhost");
    url.reserve(host.size() + base.size() + 8);
    url.append(shared_->proxies.over_tls(*in_) ? "https://" : "http://").append(host);
  }
  origin_size_ = std::min(url.find('/', url.find("://") + 3), url.size());
  url.append(base);
}

applicant pipeline::exchange::as_applicant() {
  return {*in_, *endpoint_, *policy_, req_, origin_, std::string_view(req_.base_url).substr(0, origin_size_), limits_};
}

void pipeline::exchange::options(const match& m) {
  reply r;
  r.status = 204;
  r.content_type.clear();
  const bool preflight = !origin_.empty() && in_->header("Access-Control-Request-Method");
  if (preflight) {
    shared_->origins.preflight(extra_, origin_);
    origin_done_ = true;
  } else if (target_.path == "*") {
    append_header(extra_, "Allow", allow_of(~0u));
  } else if (m.what == match::outcome::not_found) {
    return unrouted(m);
  } else {
    append_header(extra_, "Allow", allow_of(m.allowed));
    tell_of_routes(r, m.allowed);
  }
  answer(std::move(r));
}

void pipeline::exchange::tell_of_routes(reply& r, unsigned verbs) const {
  const auto asked = in_->header("X-API-Dialect").value_or(std::string_view{});
  for (const auto v : {verb::get, verb::post, verb::put, verb::patch, verb::del}) {
    if (!(verbs & (1u << static_cast<unsigned>(v)))) continue;
    const auto one = shared_->house.routes.find(v, target_.path, target_.authority, asked);
    if (one.what != match::outcome::found) continue;
    const auto& told = one.target->route->options.tells;
    if (!told.empty()) r.headers = told;
  }
}

void pipeline::exchange::unrouted(const match& m) {
  shared_->unrouted->add();
  if (m.what == match::outcome::not_found)
    return refuse({fault_kind::not_found, "NOT_FOUND", "There is nothing at this address."});
  append_header(extra_, "Allow", allow_of(m.allowed));
  refuse({fault_kind::method_not_allowed, "METHOD_NOT_ALLOWED", "This address does not know that method."});
}

stoa::detail::detached pipeline::exchange::run(std::shared_ptr<exchange> x) {
  std::optional<result<reply>> outcome;
  try {
    auto doubt = x->req_.who.signed_in ? x->shared_->house.who.confirm(x->req_.who) : std::nullopt;
    if (doubt) {
      const auto sure = co_await as_result(std::move(*doubt));
      if (!sure) {
        x->finish(sure.refusal());
        co_return;
      }
    }
    if (x->shared_->answers.wants_once(*x->endpoint_, *x->in_)) {
      auto kept = x->shared_->answers.run_once(*x->endpoint_, x->req_, *x->in_->header("Idempotency-Key"));
      outcome.emplace(co_await as_result(std::move(kept)));
    } else {
      auto running = x->endpoint_->route->run(x->req_);
      running.ends_by(x->req_.deadline);
      outcome.emplace(co_await as_result(std::move(running)));
    }
  } catch (...) {
    outcome.emplace(stoa::detail::unexpected(std::current_exception()));
  }
  x->finish(std::move(*outcome));
}

void pipeline::exchange::finish(result<reply> outcome) noexcept {
  try {
    if (outcome && outcome->stream && !head_only_)
      begin_stream(std::move(outcome).value());
    else if (outcome)
      answer(std::move(outcome).value());
    else
      refuse(std::move(outcome).refusal());
  } catch (const std::exception& e) {
    shared_->house.log.error("an answer could not be encoded", {{"request_id", req_.id}, {"error", e.what()}});
  } catch (...) {
    shared_->house.log.error("an answer could not be encoded", {{"request_id", req_.id}});
  }
}

void pipeline::exchange::wait() {
  if (answered()) return;
  auto& s = *shared_;
  std::lock_guard hold(s.waiting_lock);
  if (answered()) return;
  auto& among = in_->body().size() > s.options.max_body ? s.large : s.brief;
  before = among.last;
  after = nullptr;
  (among.last ? among.last->after : among.first) = this;
  among.last = this;
  linked = true;
}

void pipeline::exchange::leave() {
  auto& s = *shared_;
  std::lock_guard hold(s.waiting_lock);
  if (!linked) return;
  auto& among = in_->body().size() > s.options.max_body ? s.large : s.brief;
  (before ? before->after : among.first) = after;
  (after ? after->before : among.last) = before;
  linked = false;
}

reply pipeline::exchange::rendered(const fault& f) {
  reply r = policy_->render(f, req_);
  if (r.status == 401) r.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (r.status == 429 || r.status == 503)
    r.headers.emplace_back("Retry-After", std::to_string(f.retry_after.value_or(seconds{1}).count()));
  if (r.status >= 500) report(f, r.status);
  return r;
}

void pipeline::exchange::report(const fault& f, int status) {
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

void pipeline::exchange::refuse(fault f) {
  if (answered()) return;
  if (names_the_schema(f)) {
    shared_->house.log.warn("a constraint was violated", {{"request_id", req_.id}, {"constraint", f.code}});
    f = {fault_kind::conflict, "CONFLICT", "This contradicts what is there already. Please look again."};
  }
  answer(rendered(f));
}

void pipeline::exchange::tell_caches(std::string& head, const reply& r) const {
  const auto& options = endpoint_->route->options;
  const bool said = std::any_of(r.headers.begin(), r.headers.end(),
                                [](const auto& h) { return same_word(h.first, "Cache-Control"); });
  if (options.door && !said) head.append("Cache-Control: no-store\r\n");
  if (options.auth == auth::none) return;
  const bool cookies = policy_ && policy_->cookies;
  const bool personal =
      options.auth == auth::required || in_->header("Authorization") || (cookies && in_->header("Cookie"));
  if (personal && !said && !options.door) head.append("Cache-Control: private, no-cache\r\n");
  // Also of an anonymous answer: a shared cache may keep it, and hand it to somebody who has signed in.
  head.append(cookies ? "Vary: Authorization, Cookie\r\n" : "Vary: Authorization\r\n");
}

outgoing pipeline::exchange::encoded(reply r) {
  outgoing out;
  std::optional<file_part> part;
  const bool is_file = r.content.has_value();
  if (is_file) part = settle_file(r, *in_, out.content_length);
  out.status = r.status;
  auto& head = out.head;
  head.reserve(320 + extra_.size() + limits_.size());
  append_header(head, "X-Request-ID", req_.id);
  head.append("X-Content-Type-Options: nosniff\r\n");
  if (!r.content_type.empty()) append_header(head, "Content-Type", r.content_type);
  for (const auto& [name, value] : r.headers) append_header(head, name, value);
  head.append(limits_);
  head.append(extra_);
  if (!origin_done_) shared_->origins.decorate(head, origin_);
  if (endpoint_) tell_caches(head, r);
  if (!is_file)
    for (const auto& piece : r.body) out.content_length += piece.view().size();
  if (!head_only_ && r.status != 204 && r.status != 304) {
    out.body = std::move(r.body);
    out.file = std::move(part);
  }
  if (r.status == 204) out.content_length = 0;
  return out;
}

void pipeline::exchange::answer(reply r) {
  if (answered_.exchange(true, std::memory_order_acq_rel)) return;
  leave();
  auto out = encoded(std::move(r));
  const int status = out.status;
  const auto bytes = out.content_length;
  in_->send(std::move(out));
  told(status, bytes);
}

void pipeline::exchange::begin_stream(reply r) {
  if (answered()) return;
  auto opened = shared_->streams.admit(std::move(*r.stream), shared_);
  if (!opened) return refuse(std::move(opened).refusal());
  r.stream.reset();
  r.body.clear();
  if (answered_.exchange(true, std::memory_order_acq_rel)) return;
  leave();
  auto head = encoded(std::move(r));
  const int status = head.status;
  (*opened)->begin(*in_, std::move(head));
  told(status, 0);
}

void pipeline::exchange::told(int status, std::uint64_t bytes) {
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

}  // namespace stoa::http
